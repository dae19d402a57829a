import { declared } from "../../src/declared.js";

export const NotFound = /* @__PURE__ */ declared(
  "NotFound",
  4004,
  "photos_api.NotFound",
  "There is no such photo.",
);

export const Locked = /* @__PURE__ */ declared(
  "Locked",
  4005,
  "photos_api.Locked",
  "It is locked.",
);

export const Full = /* @__PURE__ */ declared("Full", 4006, "photos_api.Full", "Full");

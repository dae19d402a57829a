import {
  Call,
  Error as Failure,
  ErrorNames,
  FilesNotFound,
  TypeError as WrongType,
  UsersNotFound,
  errorNames,
  value,
} from "./error-names.js";
import type { ErrorNamesAPI } from "./error-names.js";
import { type Descriptor, safe } from "./runtime/index.js";

export const descriptor: Descriptor<ErrorNamesAPI> = errorNames;

export async function check(client: ErrorNamesAPI): Promise<void> {
  const [missing] = await safe(client.find({ taken: true }));
  if (missing instanceof FilesNotFound) console.log(missing.data.path, missing.code);
  if (missing instanceof UsersNotFound) console.log(missing.data.name, missing.code);
  const [failure] = await safe(client.fail());
  if (failure instanceof WrongType) console.log(failure.data.expected);
  if (failure instanceof Call) console.log(failure.data.cause, failure.data.stack);
  if (failure instanceof value) console.log(failure.data.content.byteLength);
  const made: Failure = new Failure();
  // @ts-expect-error: one is not the other
  const user: UsersNotFound = new FilesNotFound({ path: "a" });
  // @ts-expect-error: it is no client
  await errorNames.fail();
  // @ts-expect-error: what an error carries has to be given
  new Call({ name: "a" });
  console.log(made, user, ErrorNames.code);
}

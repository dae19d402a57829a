import { everything, follow, search } from "./client";

const lines = document.createElement("pre");
const show = (text: string): void => lines.append(text, "\n");

document.body.append(lines);
addEventListener("pagehide", follow(show));
search("1", new AbortController().signal).then(show, console.error);
everything(show).catch(console.error);

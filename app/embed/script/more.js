// What of the script only some visitors need, in a file that is loaded when one of them comes.
export { openInFrame, putInto } from "./frames.js";
export { openers } from "./openers.js";
export { quote } from "./quote.js";

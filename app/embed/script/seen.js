// Where a picture is in this window, what of it is seen, and where on that an opener stands.

/** How far from the picture's edge an opener stands; of what is seen less, nothing is seen. */
const GAP = 8;

/** Where a picture is in this window, though it may be in a frame. */
export function boxOf(picture) {
  let { left, top, right, bottom } = picture.getBoundingClientRect();
  for (let { defaultView } = picture.ownerDocument; defaultView !== window; defaultView = defaultView.parent) {
    const { frameElement } = defaultView;
    const frame = frameElement.getBoundingClientRect();
    const [x, y] = [frame.left + frameElement.clientLeft, frame.top + frameElement.clientTop];
    [left, right, top, bottom] = [left + x, right + x, top + y, bottom + y];
  }
  return { left, top, right, bottom };
}

/** Whether what is told at `target` is told of a picture: at itself, at the frame that it is in, or at the page when it has gone. */
export function isToldOf(picture, target) {
  if (target === picture || target === document) return true;
  for (let { defaultView } = picture.ownerDocument; defaultView && defaultView !== window; defaultView = defaultView.parent) {
    if (defaultView.frameElement === target) return true;
  }
  return false;
}

/** Whether a picture is still on a page: with a frame go its pictures. */
export const isThere = (picture) => picture.isConnected && Boolean(picture.ownerDocument.defaultView);

/** What of a box the visitor has in sight, who may have zoomed in. */
function inSight({ left, top, right, bottom }) {
  const { offsetLeft, offsetTop, width, height } = visualViewport;
  return {
    left: Math.max(left, offsetLeft),
    top: Math.max(top, offsetTop),
    right: Math.min(right, offsetLeft + width),
    bottom: Math.min(bottom, offsetTop + height),
  };
}

/** Whether the page shows a picture, and nothing else over it, as a lightbox does. */
export function isSeen(picture) {
  const { left, top, right, bottom } = inSight(boxOf(picture));
  if (right - left < GAP || bottom - top < GAP) return false;
  const there = picture.getRootNode().elementsFromPoint((left + right) / 2, (top + bottom) / 2);
  const first = there.find(({ localName }) => !/^cutline-/.test(localName));
  if (!first) return false;
  // What is in the picture, around it, or beside it in the same element, is the picture's.
  const { parentNode } = first;
  return first.contains(picture) || picture.contains(first) || (parentNode !== document.body && Boolean(parentNode?.contains(picture)));
}

/** Puts an opener at the lower end of what is seen of its picture, on the left if `isLeft`, and `mark` around the picture. */
export function standOn(picture, { opener, mark, isLeft }) {
  const { offsetLeft, offsetTop, pageLeft, pageTop, width, height } = visualViewport;
  const box = boxOf(picture);
  const seen = inSight(box);
  const [wide, high] = [opener.offsetWidth, opener.offsetHeight];
  const within = (value, from, to) => Math.max(from, Math.min(value, to));
  const [x, y] = [pageLeft - offsetLeft, pageTop - offsetTop];
  const across = isLeft ? seen.left + GAP : seen.right - GAP - wide;
  move(opener, {
    left: x + within(across, offsetLeft + GAP, offsetLeft + width - GAP - wide),
    top: y + within(seen.bottom - GAP - high, offsetTop + GAP, offsetTop + height - GAP - high),
  });
  move(mark, { left: x + box.left, top: y + box.top, width: box.right - box.left, height: box.bottom - box.top });
}

function move({ style }, to) {
  for (const [name, pixels] of Object.entries(to)) style[name] = `${pixels}px`;
}

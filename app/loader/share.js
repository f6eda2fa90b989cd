// Keeps the list of deliveries on a share page up to date: hears that something has changed, and takes the list anew from the
// page itself, which has it in the visitor's language. Where nothing can be heard it looks every two seconds; without script
// the page reloads itself.

const LOOK_MS = 2000;
const section = document.querySelector("[data-follow]");

let isLooking = false;
let isWanted = false;

/** Takes the list anew; changes that come meanwhile make it look once more. */
async function look() {
  isWanted = true;
  if (isLooking) return;
  isLooking = true;
  while (isWanted) {
    isWanted = false;
    await renew().catch(() => {});
  }
  isLooking = false;
}

async function renew() {
  const answer = await fetch(location.href);
  if (answer.status === 410) return location.reload();
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById(section.id);
  if (fresh.innerHTML !== section.innerHTML) section.replaceChildren(...fresh.childNodes);
  if (!("follow" in fresh.dataset)) end();
}

/** Looks again and again. */
function poll() {
  setTimeout(async () => {
    await look();
    if ("follow" in section.dataset) poll();
  }, LOOK_MS);
}

/** All deliveries have ended. */
function end() {
  delete section.dataset.follow;
  events.close();
}

const events = new EventSource(`/api/v1/shares/${section.dataset.follow}/events`);
events.addEventListener("share", look);
events.addEventListener("deleted", look);
events.addEventListener("error", () => {
  if (events.readyState === EventSource.CLOSED && "follow" in section.dataset) poll();
});

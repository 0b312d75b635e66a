// Makes the pages quicker; every page works without it. An answer is sent and the next question put in place without a reload,
// number keys choose, a counter counts, a missing picture is replaced, and a button that works cannot be pressed twice.

const root = document.documentElement;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
root.classList.add("scripted");

// The buttons or boxes that number keys choose, in the order in which they stand.
const options = () => [...document.querySelectorAll("main .option")].slice(0, 9);

// Where the guest's browser asks the language model: begun when the page is shown, so that the answer is there when the button is pressed.
// Without an answer in time the list is made without it.
const asked = new WeakMap();
async function keywords(interview) {
  const body = JSON.stringify({ messages: [], metadata: { task: "keywords", interview_id: interview } });
  const headers = { "Content-Type": "application/json", "Accept-Language": root.lang };
  const response = await fetch("/api/v1/llm/chat/completions", { method: "POST", headers, body });
  if (!response.ok) return [];
  const said = JSON.parse((await response.json()).choices[0].message.content);
  return [...said.choices, ...said.own].filter((word) => typeof word === "string").slice(0, 5);
}

function prepare() {
  for (const form of document.querySelectorAll("form[data-keywords]")) {
    if (!asked.has(form)) asked.set(form, keywords(form.dataset.keywords).catch(() => []));
  }
  options().forEach((option, i) => { option.dataset.key = i + 1; });
  for (const area of document.querySelectorAll("textarea[data-count]")) {
    const left = area.form.querySelector("[data-left]");
    const count = () => {
      const over = area.maxLength - [...area.value].length;
      left.textContent = area.dataset.count.replace("{left}", Math.max(0, over));
    };
    left.hidden = false;
    area.addEventListener("input", count);
    count();
  }
}

// Puts the <main> of a fetched page in place of this one. Anything but a page of ours is left to the browser.
async function swap(request, remember) {
  request.headers.set("Accept", "text/html");
  const response = await fetch(request);
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("text/html") || response.status >= 500) throw new Error(`answered ${response.status}`);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const main = page.querySelector("main");
  if (!main) throw new Error("no page");
  const change = () => {
    document.querySelector("main").replaceWith(document.adoptNode(main));
    document.title = page.title;
    const back = (doc) => doc.querySelector("header input[name=back]");
    if (back(document) && back(page)) back(document).value = back(page).value;
    // The address of a form that was answered with a page of its own is no page to come back to.
    if (remember && (request.method === "GET" || response.redirected)) history.pushState(null, "", response.url);
    prepare();
    scrollTo(0, 0);
    main.querySelector("h1")?.focus({ preventScroll: true });
  };
  if (document.startViewTransition && !calm.matches) document.startViewTransition(change);
  else change();
}

let busy = false;
async function go(request, otherwise) {
  if (busy) return;
  busy = true;
  try {
    await swap(request, true);
  } catch {
    otherwise();
  } finally {
    busy = false;
  }
}

addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (form.matches("[data-swap]")) {
    event.preventDefault();
    button?.classList.add("sending");
    const body = new URLSearchParams(new FormData(form, button));
    // Sent once more by the browser itself: an answer may be given twice without harm.
    const otherwise = () => {
      if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
      form.submit();
    };
    go(new Request(form.action, { method: "POST", body }), otherwise);
  } else if (asked.has(form)) {
    event.preventDefault();
    if (button) {
      button.disabled = true;
      button.textContent = form.dataset.busy;
    }
    const late = new Promise((resolve) => { setTimeout(resolve, Number(form.dataset.wait), []); });
    Promise.race([asked.get(form), late]).then((words) => {
      for (const value of words) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "keyword", value }));
      form.submit();
    });
  } else if (form.matches("[data-busy]") && button) {
    setTimeout(() => {
      button.disabled = true;
      if (form.dataset.busy) button.textContent = form.dataset.busy;
    });
  }
});

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-swap]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(new Request(link.href), () => { location.href = link.href; });
});

addEventListener("keydown", (event) => {
  if (event.metaKey || event.ctrlKey || event.altKey || event.isComposing || event.repeat) return;
  if (event.target.closest?.("textarea, input:not([type=checkbox])")) return;
  const option = /^[1-9]$/.test(event.key) && options()[event.key - 1];
  if (option) {
    event.preventDefault();
    option.click();
  }
});

addEventListener("popstate", () => swap(new Request(location.href), false).catch(() => location.reload()));

// A page that comes back from the browser's memory must not come back with its buttons off.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

addEventListener("error", (event) => {
  const image = event.target;
  if (image instanceof HTMLImageElement && image.dataset.fallback) {
    image.src = image.dataset.fallback;
    image.classList.add("drawn");
    delete image.dataset.fallback;
  }
}, true);

// A second look at a list is offered when it comes, beside the list that is there.
async function offerSecondLook() {
  const place = document.querySelector("[data-second-look]");
  if (!place) return;
  const headers = { Accept: "text/event-stream", "Accept-Language": root.lang };
  const response = await fetch(`/api/v1/recommendations/${place.dataset.secondLook}/refine`, { headers });
  const events = (await response.text()).split("\n\n").map((event) => event.split("\n"));
  const offer = events.find((lines) => lines.includes("event: offer"));
  if (!offer) return;
  const data = offer.find((line) => line.startsWith("data: ")).slice("data: ".length);
  for (const { title, reason } of JSON.parse(data).items) {
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("b"), { textContent: title }), ` ${reason}`);
    place.querySelector("[data-offer]").append(line);
  }
  place.hidden = false;
}

prepare();
offerSecondLook().catch(() => {});
for (const image of document.querySelectorAll("img[data-fallback]")) {
  if (image.complete && !image.naturalWidth) image.dispatchEvent(new Event("error"));
}

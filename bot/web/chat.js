"use strict";

// The conversation in the browser. What the person says is kept in localStorage until the server says that it is committed;
// what the server says carries numbers, and after an interruption the page asks for what came after the highest it has.
// Texts of messages are only ever put in as text.

const texts = JSON.parse(document.body.dataset.texts);
const language = document.documentElement.lang;
const part = (id) => document.getElementById(id);
const [log, scroll, input, contact, phone, code] = ["log", "scroll", "input", "contact", "phone", "code"].map(part);

const KEPT = "tianbao.said.";
const DRAFT = "tianbao.draft";
const ANSWER_WITHIN = 12000;
const LONGEST_PAUSE = 15000;

const waiting = new Map(); // said, but not yet committed, in order
const places = new Map(); // the articles of messages, by the numbers of all their editions
let socket;
let ready = false;
let highest = 0;
let onItsWay = "";
let patience;
let pause = 500;
let lastDay = "";
let ahead = 0; // how far the server's clock is ahead of this one

// ---- showing

const inShanghai = { timeZone: "Asia/Shanghai" };
const clock = new Intl.DateTimeFormat(language, { ...inShanghai, hour: "2-digit", minute: "2-digit", hour12: false });
const calendar = new Intl.DateTimeFormat(language, { ...inShanghai, year: "numeric", month: "long", day: "numeric" });

function make(tag, name, text) {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function showState(name) {
  if (part("state").dataset.state === name) return;
  part("state").dataset.state = name;
  part("state").textContent = texts[`web-${name}`];
}

function atEnd() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
}

function toEnd() {
  scroll.scrollTop = scroll.scrollHeight;
}

function bubbleOf(text, at, mine) {
  const bubble = make("div", "bubble", "");
  const words = make("p", "", text);
  words.dir = "auto";
  const time = make("time", "", clock.format(at));
  time.dateTime = new Date(at).toISOString();
  const foot = make("div", "foot", "");
  foot.append(make("span", "mark", ""), time);
  bubble.append(make("span", "unseen", texts[mine ? "web-you" : "web-bot"]), words, foot);
  return bubble;
}

function showBubble(id, text, at, mine) {
  const day = calendar.format(at);
  if (day !== lastDay) log.append(make("p", "day", (lastDay = day)));
  const article = make("article", mine ? "mine" : "", "");
  article.id = id;
  article.append(bubbleOf(text, at, mine));
  log.append(article);
  part("start").hidden = true;
  return article;
}

function showMessage(message) {
  const follow = atEnd();
  highest = Math.max(highest, message.id);
  const numbers = [message.id, message.edits ?? message.id, ...(message.earlier ?? [])];
  let article = numbers.map((number) => places.get(number)).find(Boolean);
  if (article?.dataset.edition >= message.id) return;
  if (article) replaceContent(article, message);
  else article = showBubble(`m${message.id}`, message.text, message.at, false);
  article.dataset.edition = message.id;
  for (const number of numbers) places.set(number, article);
  if (message.file) showFile(article, message.file);
  if (message.edits) article.querySelector(".mark").textContent = texts["web-edited"];
  for (const buttons of message.rows) {
    const row = make("div", ["row", "row", "row two"][buttons.length] ?? "row many", "");
    for (const { label, data } of buttons) {
      const button = make("button", "", label);
      button.type = "button";
      button.dir = "auto";
      button.dataset.press = data;
      button.addEventListener("click", () => press(button));
      row.append(button);
    }
    article.classList.add("wide");
    article.append(row);
  }
  if (message.ask_contact) askContact(message.ask_contact);
  if (message.drop_contact) contact.hidden = true;
  if (follow) toEnd();
  part("latest").hidden = follow;
}

// In its place and with its time. What is new in the log is read out politely, and it is where the reader was.
function replaceContent(article, message) {
  const at = Date.parse(article.querySelector("time").dateTime);
  article.classList.remove("wide");
  article.replaceChildren(bubbleOf(message.text, at, false));
}

function showFile(article, file) {
  const link = make("a", "file", file.name || texts["web-file"]);
  link.href = file.href;
  link.download = file.name;
  link.dir = "auto";
  article.querySelector("p").after(link);
}

function labelOf(data) {
  return document.querySelector(`[data-press="${CSS.escape(data)}"]`)?.textContent ?? "";
}

function showOwn(id, text, at) {
  if (text && !part(`o${id}`)) {
    const follow = atEnd();
    showBubble(`o${id}`, text, at, true);
    if (follow) toEnd();
  }
}

function mark(id, text, failed) {
  const article = part(`o${id}`);
  if (!article) return;
  article.querySelector(".mark").textContent = text;
  article.classList.toggle("failed", failed);
}

let fading;
function toast(text) {
  part("toast").textContent = text;
  clearTimeout(fading);
  fading = setTimeout(() => (part("toast").textContent = ""), 5000);
}

// ---- saying

function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function keep(key, value) {
  try {
    if (value) localStorage.setItem(key, value);
    else localStorage.removeItem(key);
  } catch {
    // A browser that keeps nothing still talks; only a reload while offline would lose something.
  }
}

function say(content, label) {
  const one = { id: newId(), content, label, at: Date.now() + ahead };
  waiting.set(one.id, one);
  keep(KEPT + one.id, JSON.stringify(one));
  showWaiting(one);
  toEnd();
  flush();
  return one.id;
}

function showWaiting(one) {
  showOwn(one.id, one.label, one.at);
  mark(one.id, texts["web-pending"], false);
}

function press(button) {
  button.disabled = true;
  button.dataset.by = say({ press: button.dataset.press }, button.textContent);
}

function release(id) {
  const button = document.querySelector(`[data-by="${id}"]`);
  if (button) button.disabled = false;
}

// One at a time: a second one that overtook the first on a retry would be taken for something else.
function flush() {
  const next = waiting.values().next().value;
  if (!ready || onItsWay || !next) return;
  onItsWay = next.id;
  patience = setTimeout(reconnect, ANSWER_WITHIN);
  socket.send(JSON.stringify({ id: next.id, ...next.content }));
}

function settle(id, text = "") {
  waiting.delete(id);
  keep(KEPT + id, "");
  mark(id, text, text !== "");
  release(id);
  if (id === onItsWay) {
    clearTimeout(patience);
    onItsWay = "";
  }
  if (ready) showState("connected");
  flush();
}

function tryAgain() {
  clearTimeout(patience);
  showState("retrying");
  setTimeout(() => {
    onItsWay = "";
    flush();
  }, 3000);
}

// ---- the connection

function connect() {
  socket = new WebSocket(location.href.replace(/^http/, "ws").replace(/[?#].*$/, "").replace(/[^/]*$/, "chat/ws"));
  socket.onopen = () => socket.send(JSON.stringify({ since: highest }));
  socket.onmessage = (event) => hear(JSON.parse(event.data));
  socket.onclose = reconnect;
}

let again;
function reconnect() {
  clearTimeout(patience);
  clearTimeout(again);
  ready = false;
  onItsWay = "";
  // A dead line takes minutes to close in good order; nobody waits for that.
  socket.onclose = socket.onmessage = socket.onopen = null;
  socket.close();
  showState("offline");
  again = setTimeout(connect, pause * (0.75 + Math.random() / 2));
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

function hear(frame) {
  if (frame.message) showMessage(frame.message);
  else if (frame.own) {
    showOwn(frame.own.id, frame.own.text || labelOf(frame.own.press), frame.own.at);
  } else if (frame.ack) settle(frame.ack);
  else if (frame.retry) tryAgain();
  else if (frame.refused) settle(frame.refused, texts["web-refused"]);
  else if (frame.notice) toast(frame.notice);
  else if (frame.ready) begin(frame.ready);
}

function begin(now) {
  ahead = now - Date.now();
  ready = true;
  pause = 500;
  showState("connected");
  waiting.forEach(showWaiting);
  part("start").hidden = Boolean(log.firstChild);
  if (log.getAttribute("aria-busy") === "true") {
    log.setAttribute("aria-busy", "false");
    toEnd();
    // Not on a phone: there it would bring up the keyboard over what is to be read.
    if (matchMedia("(pointer: fine)").matches) input.focus();
  }
  flush();
}

// ---- the phone number

function askContact(title) {
  part("contact-title").textContent = title;
  part("code-step").hidden = true;
  part("contact-error").textContent = part("demo-code").textContent = code.value = "";
  contact.hidden = false;
}

async function post(path, content) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(content) });
    return await answer.json();
  } catch {
    return { error: "busy" };
  }
}

let counting;
function countDown(seconds) {
  const button = part("get-code");
  clearInterval(counting);
  const show = () => {
    button.disabled = seconds > 0;
    button.textContent = seconds > 0 ? texts["web-wait"].replace("{seconds}", seconds) : texts["web-get-code"];
    if (seconds-- <= 0) clearInterval(counting);
  };
  show();
  counting = setInterval(show, 1000);
}

async function verify(verifying) {
  const content = verifying ? { phone: phone.value, code: code.value } : { phone: phone.value };
  part("contact-error").textContent = "";
  const answer = await post(verifying ? "chat/verify" : "chat/code", content);
  if (answer.error) part("contact-error").textContent = texts[`web-error-${answer.error}`] ?? texts["web-error-busy"];
  if (answer.wait) countDown(answer.wait);
  if (answer.code) {
    part("demo-code").textContent = texts["web-demo-code"].replace("{code}", answer.code);
    part("code-step").hidden = false;
    code.value = "";
    code.focus();
  }
  if (answer.verified) {
    contact.hidden = true;
    input.focus();
  }
  toEnd();
}

part("get-code").addEventListener("click", () => verify(false));
contact.addEventListener("submit", (event) => {
  event.preventDefault();
  verify(!part("code-step").hidden);
});

// ---- the composer

function fit() {
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight + 2}px`;
}

part("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.value.trim()) return;
  say({ text: input.value }, input.value);
  input.value = "";
  keep(DRAFT, "");
  fit();
  input.focus();
});

input.addEventListener("input", () => {
  keep(DRAFT, input.value);
  fit();
});

input.addEventListener("keydown", (event) => {
  // While an input method is composing, Enter chooses a word.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  part("composer").requestSubmit();
});

part("start").addEventListener("click", () => say({ text: "/start" }, "/start"));
part("latest").addEventListener("click", toEnd);
scroll.addEventListener("scroll", () => {
  if (atEnd()) part("latest").hidden = true;
});
new ResizeObserver(() => part("latest").hidden && toEnd()).observe(scroll);
addEventListener("online", () => ready || reconnect());
addEventListener("offline", reconnect);

try {
  input.value = localStorage.getItem(DRAFT) ?? "";
  const kept = Object.keys(localStorage).filter((key) => key.startsWith(KEPT));
  const said = kept.map((key) => JSON.parse(localStorage.getItem(key)));
  for (const one of said.sort((a, b) => a.at - b.at)) waiting.set(one.id, one);
} catch {
  // Nothing was kept.
}
fit();
connect();

// The room: one WebSocket, opened again whenever it ends.
"use strict";

const firstPause = 500; // milliseconds before the first new attempt; doubled with each
const longestPause = 30_000;
const shownMessages = 500;

const me = document.body.dataset.name;
const log = document.getElementById("log");
const state = document.getElementById("state");
const text = document.getElementById("text");
const send = document.getElementById("send");
const complaint = document.getElementById("complaint");

let socket = null;
let pause = firstPause;
let timer = 0;

connect();

document.getElementById("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const words = text.value.trim();
  if (words === "" || socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({ text: words }));
  text.value = "";
  complaint.hidden = true;
  text.focus();
});

// A laptop that wakes up, or a phone that finds its network, need not wait.
window.addEventListener("online", connectNow);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") connectNow();
});

function connectNow() {
  if (socket !== null) return;
  pause = firstPause;
  connect();
}

function connect() {
  clearTimeout(timer);
  show("connecting", "Connecting…");
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  socket = new WebSocket(`${scheme}//${location.host}/ws`);
  socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    socket = null;
    again();
  });
}

// again waits for longer with each attempt that failed, and never for the same
// time in two browsers, so that a server that comes back is not run down.
function again() {
  const wait = pause * (0.5 + Math.random() / 2);
  pause = Math.min(pause * 2, longestPause);
  const seconds = Math.max(1, Math.round(wait / 1000));
  show("closed", `Offline, trying again in ${seconds} s`);
  timer = setTimeout(async () => {
    if (await loggedOut()) location.assign("/login");
    else if (socket === null) connect();
  }, wait);
}

// loggedOut asks over HTTP, as a browser does not say why a handshake failed.
async function loggedOut() {
  try {
    const response = await fetch("/whoami", { cache: "no-store" });
    return response.ok && (await response.json()).name !== me;
  } catch {
    return false;
  }
}

function receive(frame) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  switch (frame.type) {
    case "welcome":
      pause = firstPause;
      show("open", "Connected");
      log.replaceChildren(); // the history that follows holds what is still wanted
      (frame.history ?? []).forEach(addMessage);
      break;
    case "message":
      addMessage(frame);
      break;
    case "join":
      addNotice(`${frame.name} came in`);
      break;
    case "leave":
      addNotice(`${frame.name} left`);
      break;
    case "error":
      complaint.textContent = frame.text;
      complaint.hidden = false;
      break;
  }
  if (frame.members) showMembers(frame.members);
  while (log.childElementCount > shownMessages) log.firstElementChild.remove();
  document.getElementById("empty").hidden = log.childElementCount > 0;
  if (atEnd || frame.name === me) log.scrollTop = log.scrollHeight;
}

function show(name, words) {
  state.dataset.state = name;
  state.textContent = words;
  send.disabled = name !== "open";
}

function addMessage(frame) {
  const last = log.lastElementChild;
  const item = element("li", "message");
  item.classList.toggle("mine", frame.name === me);
  item.classList.toggle("follows", last?.dataset.name === frame.name);
  item.dataset.name = frame.name;
  const at = new Date(frame.at);
  const by = element("span", "by", frame.name === me ? "You, " : `${frame.name}, `);
  const time = element("time", "", at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = frame.at;
  by.append(time);
  item.append(face(frame.name), by, element("span", "words", frame.text));
  log.append(item);
}

function addNotice(words) {
  log.append(element("li", "notice", words));
}

function showMembers(names) {
  document.getElementById("count").textContent = `(${names.length})`;
  document.getElementById("members").replaceChildren(...names.map((name) => {
    const item = element("li", "");
    item.append(face(name), element("span", "", name === me ? `${name} (you)` : name));
    return item;
  }));
}

// face is a coloured first letter; the same name has the same colour everywhere.
function face(name) {
  const badge = element("span", "face", [...name][0].toUpperCase());
  let sum = 7;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  badge.style.setProperty("--tone", sum);
  badge.setAttribute("aria-hidden", "true");
  return badge;
}

function element(tag, className, words = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = words;
  return made;
}

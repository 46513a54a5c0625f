"use strict";
const $ = id => document.getElementById(id);
const canvas = $("map"), player = $("player");
const view = { x: 0, y: 0, zoom: 1 };
let genres = [], songs = [], byId = new Map(), chosen = null, suggested = [], list = [], found = null;

const name = song => song.artist ? `${song.artist} – ${song.title}` : song.title;
const facts = song => [song.key, song.bpm && `${song.bpm} BPM`, song.genre, clock(song.seconds)].filter(Boolean).join(", ");
const clock = seconds => `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, "0")}`;
function say(sentence) { $("said").textContent = sentence; clearTimeout(say.timer); say.timer = setTimeout(() => { $("said").textContent = ""; }, 4000); }
async function ask(path, options) {
  const answer = await fetch(path, options);
  if (!answer.ok) { const sentence = await answer.text(); say(sentence); throw new Error(sentence); }
  return answer.json();
}

// The map.
const half = () => 0.44 * Math.min(innerWidth - 680 > 300 ? innerWidth - 680 : innerWidth, innerHeight) * view.zoom;
const place = song => [innerWidth / 2 + (song.x - view.x) * half(), innerHeight / 2 + (song.y - view.y) * half()];
function draw() {
  const scale = devicePixelRatio || 1, pen = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
  canvas.width = innerWidth * scale; canvas.height = innerHeight * scale; pen.scale(scale, scale);
  const ink = style.getPropertyValue("--ink"), strong = style.getPropertyValue("--strong");
  const size = Math.max(2, Math.min(7, 90 / Math.sqrt(songs.length + 1))) * Math.sqrt(view.zoom);
  const names = songs.length / (view.zoom * view.zoom) < 70;
  if (list.length > 1) {
    pen.strokeStyle = strong; pen.lineWidth = 1.5; pen.beginPath();
    list.forEach((id, index) => { const [x, y] = place(byId.get(id)); index ? pen.lineTo(x, y) : pen.moveTo(x, y); });
    pen.stroke();
  }
  const taken = new Set();
  for (const song of songs) {
    const [x, y] = place(song), lit = !found || found.has(song.id);
    if (x < -20 || y < -20 || x > innerWidth + 20 || y > innerHeight + 20) continue;
    pen.globalAlpha = lit ? 0.9 : 0.15; pen.fillStyle = genres[song.colour][1];
    pen.beginPath(); pen.arc(x, y, size, 0, 7); pen.fill();
    if (suggested.includes(song.id)) { pen.strokeStyle = ink; pen.lineWidth = 1; pen.stroke(); }
    if (song === chosen) { pen.strokeStyle = strong; pen.lineWidth = 3; pen.beginPath(); pen.arc(x, y, size + 4, 0, 7); pen.stroke(); }
    if (names && lit && room(taken, x, y) || song === chosen) { pen.fillStyle = ink; pen.font = "11px system-ui, sans-serif"; pen.fillText(name(song).slice(0, 32), x + size + 4, y + 4); }
  }
  pen.globalAlpha = 1;
}
// Names that would lie over one another are left out until there is room.
function room(taken, x, y) {
  const cells = [0, 1, 2, 3].map(step => `${Math.floor(x / 40) + step},${Math.round(y / 12)}`);
  if (cells.some(cell => taken.has(cell))) return false;
  cells.forEach(cell => taken.add(cell));
  return true;
}
function nearest(x, y) {
  let best = null, least = 300;
  for (const song of songs) { const [a, b] = place(song), far = (a - x) ** 2 + (b - y) ** 2; if (far < least) { least = far; best = song; } }
  return best;
}
let drag = null;
canvas.onpointerdown = event => { drag = { x: event.clientX, y: event.clientY, moved: 0 }; canvas.focus(); };
canvas.onpointermove = event => {
  if (!drag) { const song = nearest(event.clientX, event.clientY); canvas.title = song ? `${name(song)}\n${facts(song)}` : ""; return; }
  const x = event.clientX - drag.x, y = event.clientY - drag.y;
  drag = { x: event.clientX, y: event.clientY, moved: drag.moved + Math.abs(x) + Math.abs(y) };
  if (drag.moved > 4) { view.x -= x / half(); view.y -= y / half(); draw(); }
};
canvas.onpointerup = event => {
  const click = drag && drag.moved <= 4; drag = null;
  const song = click && nearest(event.clientX, event.clientY);
  if (song) { choose(song); if (event.shiftKey) add(song); }
};
canvas.onwheel = event => { event.preventDefault(); zoom(Math.exp(-event.deltaY / 400)); };
function zoom(by) { view.zoom = Math.min(60, Math.max(0.4, view.zoom * by)); draw(); }

// Songs and lists of them.
function row(song, more, buttons = []) {
  const item = document.createElement("li"), small = document.createElement("small");
  item.tabIndex = 0; item.dataset.id = song.id; small.textContent = more;
  for (const [label, told, act] of buttons) {
    const button = document.createElement("button");
    button.textContent = label; button.title = told; button.ariaLabel = `${told}: ${name(song)}`;
    button.onclick = event => { event.stopPropagation(); act(); }; item.append(button);
  }
  item.append(name(song), small);
  item.onclick = () => choose(song, true);
  item.onkeydown = event => { if (event.key === "Enter" && event.target === item) choose(song, true); };
  return item;
}
async function choose(song, centre = false) {
  chosen = song; suggested = [];
  if (centre) { view.x = song.x; view.y = song.y; }
  $("title").textContent = name(song); $("facts").textContent = facts(song) + (song.album ? ` · ${song.album}` : "");
  const playing = !player.paused; player.src = `/audio/${song.id}`; if (playing) play();
  draw();
  const told = await ask(`/api/songs/${song.id}/suggestions?limit=12`);
  if (chosen !== song) return;
  suggested = told.map(one => one.id);
  $("suggestions").replaceChildren(...told.filter(one => byId.has(one.id)).map(one => row(byId.get(one.id), one.why, [["+", "Add to the playlist", () => add(byId.get(one.id))]])));
  draw();
}
function play() { player.play().catch(() => say("this browser cannot play the file; its format is for other players")); }
function search() {
  const words = $("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = song => [song.title, song.artist, song.album, song.genre, song.key].filter(Boolean).join(" ").toLowerCase();
  const hits = words.length ? songs.filter(song => words.every(word => text(song).includes(word))) : [];
  found = words.length ? new Set(hits.map(song => song.id)) : null;
  $("songs").replaceChildren(...hits.slice(0, 200).map(song => row(song, facts(song), [["+", "Add to the playlist", () => add(song)]])));
  draw();
}

// The playlist.
function add(song) { if (!list.includes(song.id)) { list.push(song.id); show(); } }
function show() {
  $("playlist").replaceChildren(...list.map((id, index) => row(byId.get(id), facts(byId.get(id)), [
    ["×", "Take out", () => { list.splice(index, 1); show(); }],
    ["↑", "Earlier", () => { if (index) { [list[index - 1], list[index]] = [list[index], list[index - 1]]; show(); } }],
  ])));
  draw();
}
$("add").onclick = () => chosen ? add(chosen) : say("Click a song first.");
$("clear").onclick = () => { list = []; show(); };
$("join").onclick = async () => {
  if (!list.length) return say("Add a song to begin with.");
  const way = await ask(`/api/way?through=${list.join(",")}&length=${Math.max(list.length, +$("length").value || 12)}&drunk=${$("drunk").value}&seed=${Date.now() % 100000}`);
  list = way.filter(id => byId.has(id)); show();
};
$("save").onclick = async () => {
  if (!list.length) return say("The playlist is empty.");
  await ask("/api/playlists", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: $("name").value, tracks: list }) });
  say("Saved."); saved();
};
async function saved() {
  const lists = await ask("/api/playlists");
  $("saved").replaceChildren(...lists.map(one => {
    const item = document.createElement("li"), link = document.createElement("a"), small = document.createElement("small");
    item.tabIndex = 0; link.href = `/api/playlists/${one.id}.m3u8`; link.download = `${one.name}.m3u8`; link.textContent = "M3U8";
    link.onclick = event => event.stopPropagation();
    small.append(`${one.tracks.length} songs, `, link); item.append(one.name, small);
    item.onclick = () => { list = one.tracks.filter(id => byId.has(id)); $("name").value = one.name; show(); };
    item.onkeydown = event => { if (event.key === "Enter") item.onclick(); };
    return item;
  }));
}
player.onended = () => { const next = list[list.indexOf(chosen && chosen.id) + 1]; if (chosen && list.includes(chosen.id) && next) choose(byId.get(next), true).then(play); };

// Keys.
onkeydown = event => {
  if (event.target.matches("input")) { if (event.key === "Escape") { event.target.value = ""; search(); canvas.focus(); } return; }
  const step = 0.12 / view.zoom, moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key] && event.target === canvas) { view.x += moves[event.key][0]; view.y += moves[event.key][1]; draw(); }
  else if (event.key === "+") zoom(1.3);
  else if (event.key === "-") zoom(1 / 1.3);
  else if (event.key === "/") { event.preventDefault(); $("find").focus(); }
  else if (event.key === "a" && chosen) add(chosen);
  else if (event.key === " " && event.target !== player && !event.target.matches("button")) { event.preventDefault(); if (chosen) player.paused ? play() : player.pause(); }
};
$("find").oninput = search;
onresize = draw;
matchMedia("(prefers-color-scheme: dark)").onchange = draw;

(async () => {
  const all = await ask("/api/songs");
  ({ genres, songs } = all);
  byId = new Map(songs.map(song => [song.id, song]));
  const dot = colour => { const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg"), circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    svg.setAttribute("viewBox", "0 0 10 10"); for (const key of ["cx", "cy", "r"]) circle.setAttribute(key, "5"); circle.setAttribute("fill", colour); svg.append(circle); return svg; };
  $("genres").replaceChildren(...genres.filter((_, index) => songs.some(song => song.colour === index)).map(([genre, colour]) => {
    const one = document.createElement("span"); one.append(dot(colour), genre); return one; }));
  if (!songs.length) say("The library is empty: index a folder.");
  draw(); saved();
})();

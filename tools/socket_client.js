// The official client of Socket.IO for JavaScript: connects, joins topics, and prints what it is told, a line of JSON each, until
// its standard input ends. The tests of the gateway read it.
//
//   NODE_PATH=var/tools/node/node_modules node tools/socket_client.js '{"url": "http://127.0.0.1:8003", "auth": {"token": "…"}}'
"use strict";

const { io } = require("socket.io-client");

// `large` bytes are sent in one message, and `many` messages at once, by a client that means no good.
const { url, auth, topics = [], transports, large = 0, many = 0 } = JSON.parse(process.argv[2]);
const print = (...told) => console.log(JSON.stringify(told));
const socket = io(url, { auth, reconnectionDelay: 100, ...(transports && { transports }) });
socket.on("connect", () => {
  print("connect");
  for (const topic of topics) {
    socket.emit("join", { topic }, (answer) => print("joined", answer));
  }
  if (large) {
    socket.emit("join", { topic: "x".repeat(large) });
  }
  for (let sent = 0; sent < many; sent++) {
    socket.emit("sync", {});
  }
});
socket.on("connect_error", (error) => print("connect_error", error.message));
socket.on("disconnect", (reason) => print("disconnect", reason));
socket.onAny((event, data) => print(event, data));
process.stdin.on("end", () => process.exit(0)).resume();

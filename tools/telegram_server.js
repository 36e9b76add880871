// Runs somebody else's emulator of Telegram's Bot API on a free port of this machine, until its standard input ends, and
// prints where it listens.
//
//   NODE_PATH=var/tools/node/node_modules node tools/telegram_server.js
"use strict";

const net = require("net");
const { TelegramServer } = require("telegram-test-api/lib/telegramServer");

const HOST = "127.0.0.1";

// The emulator wants to know its port.
const free = () =>
  new Promise((resolve) => {
    const probe = net.createServer().listen(0, HOST, () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

free().then(async (port) => {
  await new TelegramServer({ host: HOST, port }).start();
  console.log(`listening on http://${HOST}:${port}.`);
});
process.stdin.on("end", () => process.exit(0)).resume();

// A fleet in a folder of its own, and the providers beside it, for `tools/pictures`: both end with this program.
"use strict";

const { spawn } = require("node:child_process");
const { readFileSync } = require("node:fs");
const { createServer } = require("node:net");
const { join } = require("node:path");

const PATIENCE_MS = 300_000;
const NAME = "ada";
const PASSWORD = "correct horse battery";

async function until(what, look) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

// A port that nobody has now.
function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

class Program {
  constructor(binary, args, folder, settings) {
    // Whatever names a broker or a ledger on this machine is not for this fleet.
    const env = { PATH: process.env.PATH, HOME: folder, USER: NAME, LOGNAME: NAME, ...settings };
    this.said = "";
    this.process = spawn(binary, args, { cwd: folder, env, stdio: ["pipe", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on("data", (text) => {
        this.said += text;
      });
    }
    this.ended = new Promise((done) => this.process.once("exit", done));
  }

  isRunning() {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  async hasSaid(pattern) {
    return until(`${pattern}: ${this.said.slice(-2000)}`, () => {
      if (!this.isRunning()) throw new Error(`it has ended: ${this.said.slice(-2000)}`);
      return pattern.exec(this.said);
    });
  }

  async stop() {
    if (this.isRunning()) this.process.kill("SIGTERM");
    await this.ended;
  }
}

// The settings of a file, or of what the fake prints, as environment variables.
function assigned(text) {
  const lines = text.split("\n").map((line) => /^([A-Z0-9_]+)=(.*)$/.exec(line)).filter(Boolean);
  return Object.fromEntries(lines.map(([, name, value]) => [name, value.replace(/^'([^]*)'$/, "$1")]));
}

class Fleet {
  constructor(binary, folder) {
    Object.assign(this, { binary, folder });
  }

  async start() {
    this.base = `http://127.0.0.1:${await freePort()}`;
    this.fake = new Program(this.binary, ["fake", "--callbacks", this.base], this.folder, {});
    [, this.providers] = await this.fake.hasSaid(/^# (\S+) and its mail server/m);
    const carried = { EMAIL_PROVIDERS: "smtp", WHATSAPP_PROVIDERS: "twilio" };
    const limits = { SMTP_LIMITS: "3000/min", TWILIO_LIMITS: "3000/min", FCM_LIMITS: "6000/min" };
    await this.up({ ...assigned(this.fake.said), ...carried, ...limits });
    const add = new Program(this.binary, ["user", "add", NAME, "--role", "admin", "--by", NAME], this.folder, {});
    add.process.stdin.end(`${PASSWORD}\n`);
    if ((await add.ended) !== 0) throw new Error(`no user: ${add.said}`);
    // Without a name of its own the cluster has that of this machine.
    await this.manage("PUT", "/api/cluster-name", { name: "chasqui" });
  }

  async up(settings) {
    this.running = new Program(this.binary, ["up"], this.folder, { API_LISTEN: new URL(this.base).host, ...settings });
    await this.running.hasSaid(/The fleet is ready/);
    const known = assigned(readFileSync(join(this.folder, "var/running.env"), "utf8"));
    this.management = new URL(known.RABBITMQ_MANAGEMENT_URL);
  }

  // The same ledger and the same broker, with nobody to carry anything: all is captured.
  async intoTheSandbox() {
    await this.running.stop();
    await this.up({ SANDBOX: "all" });
  }

  async stop() {
    await Promise.all([this.running, this.fake].filter(Boolean).map((program) => program.stop()));
  }

  get ledger() {
    return join(this.folder, "var/chasqui.db");
  }

  // What the API answers. The token is a new one each time, so that none runs out.
  async call(method, path, body) {
    const login = await this.ask(`${this.base}/login`, "POST", { username: NAME, password: PASSWORD });
    return this.ask(this.base + path, method, body, { authorization: `Bearer ${login.access_token}` });
  }

  async ask(url, method, body, headers = {}) {
    const json = { method, headers: { "content-type": "application/json", ...headers } };
    const answer = await fetch(url, body === undefined ? json : { ...json, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  rule(rule) {
    return this.ask(`${this.providers}/_fake/rules`, "POST", rule);
  }

  forget(rule) {
    return this.ask(`${this.providers}/_fake/rules/${rule.id}`, "DELETE");
  }

  // Asks RabbitMQ's management API.
  manage(method, path, body) {
    const [name, password] = [this.management.username, this.management.password].map(decodeURIComponent);
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}`;
    return this.ask(this.management.origin + path, method, body, { authorization });
  }

  // Publishes as a service does that asks nobody beforehand.
  async publish(id, notification) {
    const message = {
      properties: { message_id: id, delivery_mode: 2, content_type: "application/json", app_id: "billing" },
      routing_key: "notifications.key", payload: JSON.stringify(notification), payload_encoding: "string",
    };
    const { routed } = await this.manage("POST", "/api/exchanges/foro/notifications.exchange/publish", message);
    if (!routed) throw new Error(`${id} was not routed`);
  }

  // How many deliveries are in this state.
  async count(state) {
    const { deliveries } = await this.call("GET", `/deliveries?state=${state}&limit=1000`);
    return deliveries.length;
  }
}

module.exports = { Fleet, NAME, PASSWORD, until };

// Builds dist/ from src/: `node build.js`, with what tools/package.json lists in NODE_PATH.
//
//   --check  types are right, and dist/ is what src/ builds: the same bytes
//   --test   runs tests/, with Node's own test runner
"use strict";

const { spawnSync } = require("node:child_process");
const { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const esbuild = require("esbuild-wasm");

const BANNER = "// Chasqui's inbox client, built from clients/inbox/src. Apache-2.0.";
const SHIPPED = [
  { from: "inbox.ts", to: "inbox.js" },
  { from: "worker.ts", to: "inbox-worker.js" },
];
const MINIFIED = { minify: true, legalComments: "none", charset: "ascii", banner: { js: BANNER } };
// What they load themselves is found as NODE_PATH says.
const OF_TESTS = { platform: "node", format: "cjs", sourcemap: "inline", external: ["playwright-core", "axe-core"] };

// The folder is part of what is built unless every path is told from here.
async function built(from, options) {
  const common = { absWorkingDir: __dirname, bundle: true, format: "esm", target: "es2022", write: false };
  const { outputFiles } = await esbuild.build({ ...common, entryPoints: [from], ...options });
  return outputFiles[0].text;
}

async function shipped() {
  const texts = SHIPPED.map(({ from }) => built(join("src", from), MINIFIED));
  const found = await Promise.all(texts);
  return SHIPPED.map(({ to }, at) => ({ path: join(__dirname, "dist", to), text: found[at] }));
}

function run(program, args) {
  const env = { ...process.env, CHASQUI_CLIENT: __dirname };
  const { status } = spawnSync(process.execPath, [program, ...args], { stdio: "inherit", env });
  if (status !== 0) process.exitCode = 1;
}

async function check() {
  run(require.resolve("typescript/bin/tsc"), ["-p", __dirname]);
  for (const { path, text } of await shipped()) {
    if (readFileSync(path, "utf8") === text) continue;
    console.error(`${path} is not what src/ builds: run node clients/inbox/build.js`);
    process.exitCode = 1;
  }
}

async function test() {
  const folder = mkdtempSync(join(tmpdir(), "chasqui-inbox-"));
  try {
    const files = readdirSync(join(__dirname, "tests")).filter((name) => name.endsWith(".test.ts"));
    for (const name of files) {
      const text = await built(join("tests", name), OF_TESTS);
      writeFileSync(join(folder, name.replace(/ts$/, "js")), text);
    }
    run("--test", files.map((name) => join(folder, name.replace(/ts$/, "js"))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

(async () => {
  const asked = process.argv[2];
  if (asked === "--check") return check();
  if (asked === "--test") return test();
  if (asked !== undefined) throw new Error(`${asked} is neither --check nor --test`);
  for (const { path, text } of await shipped()) writeFileSync(path, text);
})().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

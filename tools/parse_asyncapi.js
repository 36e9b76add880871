// Reads a document with the AsyncAPI parser, and prints what it finds wrong or doubtful; nothing where all is well.
//
//   NODE_PATH=var/tools/node/node_modules node tools/parse_asyncapi.js docs/asyncapi.yaml
"use strict";

const fs = require("fs");
const { Parser } = require("@asyncapi/parser");

// A later version of AsyncAPI is no fault of a document of this one.
const LATER = "asyncapi-latest-version";

new Parser().parse(fs.readFileSync(process.argv[2], "utf8")).then(({ document, diagnostics }) => {
  const found = diagnostics.filter(({ code }) => code !== LATER);
  for (const { path, code, message } of found) console.log(`${path.join(".")}: ${message} (${code})`);
  if (!document && found.length === 0) console.log("it cannot be read");
});

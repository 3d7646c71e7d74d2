// Starts edgegen's language server for site files.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = workspace.getConfiguration("edgegen").get("path");
  client = new LanguageClient(
    "edgegen",
    "edgegen",
    { command, args: ["lsp"] },
    {
      documentSelector: [{ scheme: "file", language: "edgegen" }],
      synchronize: { fileEvents: workspace.createFileSystemWatcher("**/*.{hcl,hcl.json,edgevars}") },
    },
  );
  return client.start();
};

exports.deactivate = () => client?.stop();

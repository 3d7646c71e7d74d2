-- Site files of edgegen, by its language server. Neovim 0.11 or later.
vim.lsp.config("edgegen", {
  cmd = { "edgegen", "lsp" },
  filetypes = { "hcl" },
  root_markers = { "site.hcl" },
  workspace_required = true, -- HCL files of other programs are not ours
})
vim.lsp.enable("edgegen")

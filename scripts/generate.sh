#!/usr/bin/env bash
# Makes the man page and the shell completions anew from the option tables.
set -euo pipefail
cd "$(dirname "$0")/.."

dotnet build src/QmpRedirector -v quiet --nologo
generate() {
  dotnet src/QmpRedirector/bin/Debug/net10.0/qmp-redirector.dll --generate "$1" > "$2.new"
  mv "$2.new" "$2"
}
mkdir -p scripts/install/completions
generate bash scripts/install/completions/qmp-redirector.bash
generate zsh scripts/install/completions/_qmp-redirector
generate man docs/qmp-redirector.1

#!/usr/bin/env bash
# The tree keeps the layer rule.
here=$(cd "$(dirname "$0")" && pwd)
exec bash "$here/check_layers.bash" "$here/../.."

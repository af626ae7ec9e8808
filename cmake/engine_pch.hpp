// The command line's two heavy headers, compiled once.
#pragma once
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

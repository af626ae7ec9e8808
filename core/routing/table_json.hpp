// Tables of numbers from JSON that people and other programs write: Python's NaN and Infinity are read, so that the row can be named.
#pragma once

#include "core/tensor.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace moescope::routing {

/// Parses an object; base::Error (exit 3) if it is broken. NaN, Infinity and numbers beyond float64 become strings.
nlohmann::json parseTable(std::string_view text);

/// Member `key` as float32 [rows, columns] / [n]; undefined if absent. Ragged, non-numeric, NaN or infinite entries throw
/// base::Error (exit 3) that names the row.
at::Tensor readMatrix(const nlohmann::json& object, const std::string& key);
at::Tensor readVector(const nlohmann::json& object, const std::string& key);
/// Numbers, or rows of numbers: [n] or [rows, columns].
at::Tensor readVectorOrMatrix(const nlohmann::json& object, const std::string& key);
/// Whole numbers >= 0 as int64 [n], or [rows, columns] where `rows` are allowed; undefined if absent.
at::Tensor readWhole(const nlohmann::json& object, const std::string& key, bool rowsAllowed = false);

/// A matrix that is not a member of an object, called `name` in messages.
at::Tensor matrixOf(const nlohmann::json& rows, const std::string& name);

[[noreturn]] void refuseInput(const std::string& what, const std::string& where);

/// [n] or [rows, columns] as nested arrays; NaN becomes null.
nlohmann::json toJson(const at::Tensor& tensor);

}  // namespace moescope::routing

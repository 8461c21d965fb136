// SPDX-License-Identifier: MIT
#include "codec/secret_ref.h"

#include <utility>

#include "codec/http_grammar.h"
#include "ground/text.h"

namespace patchbay {
namespace {

constexpr ByteSet variable_bytes = alphanumerics.with(ByteSet("_"));

bool is_variable_name(std::string_view name) {
  return !name.empty() && !(name.front() >= '0' && name.front() <= '9') &&
         variable_bytes.spells(name);
}

std::optional<SecretRef> read(TableReader& table, std::string_view key, const TomlValue& value) {
  Result<SecretRef> ref = decode_secret_ref(value.text);
  if (ref) return *std::move(ref);
  table.refuse(key, value.place, ref.error().message, ref.error().hint);
  return std::nullopt;
}

}  // namespace

Result<SecretRef> decode_secret_ref(std::string_view text) {
  constexpr std::string_view environment = "env:", file = "file:";
  if (text.starts_with(environment)) {
    const std::string_view name = text.substr(environment.size());
    if (is_variable_name(name)) return SecretRef{SecretRef::Kind::environment, std::string(name)};
  } else if (text.starts_with(file)) {
    const std::string_view path = text.substr(file.size());
    if (!path.empty() && !has_control(path))
      return SecretRef{SecretRef::Kind::file, std::string(path)};
  }
  return Error{"bad_secret_ref", "must say where the secret is, not what it is",
               "write \"env:NAME\" for an environment variable or \"file:PATH\" for a file"};
}

std::optional<SecretRef> read_secret(TableReader& table, std::string_view key) {
  const TomlValue* value = table.find(key);
  if (value == nullptr) return std::nullopt;
  if (value->kind == TomlKind::text) return read(table, key, *value);
  table.refuse(key, value->place, "wants \"env:NAME\" or \"file:PATH\"");
  return std::nullopt;
}

std::vector<SecretRef> read_secrets(TableReader& table, std::string_view key) {
  std::vector<SecretRef> refs;
  for (const TomlValue* value : table.texts(key)) {
    if (auto ref = read(table, key, *value)) refs.push_back(*std::move(ref));
  }
  return refs;
}

}  // namespace patchbay

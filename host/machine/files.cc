// SPDX-License-Identifier: MIT
#include "machine/files.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace patchbay {
namespace {

constexpr std::size_t longest_secret = 4096;  // bytes

Error unreadable(const std::filesystem::path& file, int error) {
  return {"file_unreadable",
          fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(error)),
          "check the path and that this user may read it"};
}

Result<std::string> bytes_of(const SecretRef& ref) {
  if (ref.kind == SecretRef::Kind::file) return read_file(ref.name, longest_secret);
  const char* value =
      std::getenv(ref.name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody calls setenv
  if (value == nullptr) {
    return Error{"secret_unset", fmt::format("the environment variable {} is not set", ref.name),
                 fmt::format("export {}=..., as the dashboard shows it", ref.name)};
  }
  return std::string(value);
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& file, std::size_t limit) {
  std::error_code wrong;
  if (std::filesystem::is_directory(file, wrong)) return unreadable(file, EISDIR);
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return unreadable(file, errno != 0 ? errno : ENOENT);
  std::string bytes;
  char piece[16 * 1024];
  while (in.read(piece, sizeof piece) || in.gcount() > 0) {
    bytes.append(piece, static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > limit) {
      return Error{"file_too_large",
                   fmt::format("{} is larger than {} bytes", file.string(), limit), ""};
    }
  }
  if (in.bad()) return unreadable(file, errno);
  return bytes;
}

Result<Secret> resolve_secret(const SecretRef& ref) {
  Result<std::string> bytes = bytes_of(ref);
  if (!bytes) return std::move(bytes).error();
  if (ref.kind == SecretRef::Kind::file) {
    while (!bytes->empty() && (bytes->back() == '\n' || bytes->back() == '\r')) bytes->pop_back();
  }
  if (bytes->empty()) {
    return Error{
        "secret_empty",
        fmt::format("the secret in {} {} is empty",
                    ref.kind == SecretRef::Kind::file ? "the file" : "the environment variable",
                    ref.name),
        "an empty secret would let anybody in; set the webhook secret from the dashboard"};
  }
  return Secret(*std::move(bytes));
}

Result<std::vector<Secret>> resolve_secrets(const std::vector<SecretRef>& refs) {
  std::vector<Secret> secrets;
  for (const SecretRef& ref : refs) {
    Result<Secret> secret = resolve_secret(ref);
    if (!secret) return std::move(secret).error();
    secrets.push_back(*std::move(secret));
  }
  return secrets;
}

}  // namespace patchbay

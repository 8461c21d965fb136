// SPDX-License-Identifier: MIT
#include "machine/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "ground/clock.h"
#include "machine/descriptor.h"

namespace patchbay {
namespace {

constexpr std::size_t longest_secret = 4096;  // bytes
// Of a pipe. Whoever reads files while it serves must not wait for a writer that never comes.
constexpr Milliseconds longest_silence{2'000};

Error unreadable(const std::filesystem::path& file, int error) {
  return {"file_unreadable",
          fmt::format("cannot read {}: {}", file.string(), std::generic_category().message(error)),
          "check the path and that this user may read it"};
}

Error silent(const std::filesystem::path& file) {
  return {"file_silent", fmt::format("{} is a pipe, and nobody writes to it", file.string()),
          "put a file there"};
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
  const Descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!in) return unreadable(file, errno);
  std::string bytes;
  char piece[16 * 1024];
  for (;;) {
    pollfd ready{in.get(), POLLIN, 0};
    const int is_ready = ::poll(&ready, 1, static_cast<int>(longest_silence.count()));
    if (is_ready < 0 && errno == EINTR) continue;
    if (is_ready == 0) return silent(file);
    const ssize_t got = ::read(in.get(), piece, sizeof piece);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return unreadable(file, errno);
    if (got == 0) return bytes;
    bytes.append(piece, static_cast<std::size_t>(got));
    if (bytes.size() > limit) {
      return Error{"file_too_large",
                   fmt::format("{} is larger than {} bytes", file.string(), limit), ""};
    }
  }
}

Result<Secret> resolve_secret(const SecretRef& ref) {
  Result<std::string> bytes = bytes_of(ref);
  if (!bytes) return std::move(bytes).error();
  if (ref.kind == SecretRef::Kind::file) {
    while (!bytes->empty() && (bytes->back() == '\n' || bytes->back() == '\r')) bytes->pop_back();
  }
  if (bytes->find_first_not_of(" \t\r\n") == std::string::npos) {
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

// SPDX-License-Identifier: MIT
#include "cli/house_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include "codec/redis_address.h"
#include "ground/text.h"
#include "machine/files.h"
#include "machine/memory_store.h"
#include "machine/redis_holds.h"
#include "machine/redis_store.h"
#include "machine/sqlite_store.h"

namespace patchbay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view sqlite = "sqlite:";
constexpr std::string_view file_begins = "conversations-", file_ends = ".db";
constexpr std::string_view of_service = "/var/lib/patchbay";  // its $STATE_DIRECTORY, as packaged

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

// Of the service or the user; empty where there is none.
std::string state_directory() {
  const std::string services = variable("STATE_DIRECTORY");  // of systemd; may be a list
  if (!services.empty()) return services.substr(0, services.find(':'));
  if (!variable("XDG_STATE_HOME").empty()) return variable("XDG_STATE_HOME") + "/patchbay";
  if (!variable("HOME").empty()) return variable("HOME") + "/.local/state/patchbay";
  return {};
}

// A URL may hold a password, and then stands elsewhere.
Result<std::string> named_url(const std::string& place, const SecretRef& ref) {
  const Result<Secret> url = resolve_secret(ref);
  if (url) return std::string(url->bytes());
  Error error = url.error();
  const bool empty = error.code == "secret_empty";
  error.message = "no store: " + (empty ? place + " is empty" : error.message);
  if (empty || error.code == "secret_unset")
    error.hint = "put the store's address there: redis://HOST:PORT/0, or sqlite:PATH";
  return error;
}

// Shows no more of the text than its kind: behind that may be a password.
Error no_store(const std::string& text, const std::string& of) {
  const std::size_t kind = text.find(':');
  if (text == sqlite) {
    return {"store_invalid", of + "sqlite: names no file",
            fmt::format("write its path behind it, eg: sqlite:{}/conversations.db", of_service)};
  }
  if (kind != std::string::npos && text.find('/') >= kind) {
    return {"store_invalid",
            fmt::format("{}'{}' is no kind of store", of, printable(text.substr(0, kind + 1))),
            "write memory, sqlite:PATH, redis://HOST:PORT/0, rediss:// for TLS, or unix:PATH"};
  }
  const bool shown = of.empty() || text.starts_with('/');
  return {"store_invalid",
          fmt::format("{}{} does not say what kind of store it is", of,
                      shown ? "'" + printable(text) + "'" : "the address"),
          fmt::format("for a file of SQLite write sqlite:{}", shown ? printable(text) : "PATH")};
}

Result<std::string> url_of(const Config& config) {
  const Result<SecretRef> ref = decode_secret_ref(config.store);
  Result<std::string> url = ref ? named_url(config.store, *ref) : config.store;
  if (!url || is_store_url(*url)) return url;
  return no_store(*url, ref ? config.store + ": " : "");
}

Error no_lock(const std::string& lock, int why) {
  const std::string directory = fs::path(lock).parent_path().string();
  const std::string other = "or give another file: --store sqlite:PATH, or url in [store]";
  return {"store_lock",
          fmt::format("{} cannot be made: {}", lock, std::generic_category().message(why)),
          why == ENOENT
              ? fmt::format("make the directory {} as the user that the host runs as, {}",
                            directory, other)
              : fmt::format("the user that the host runs as must be able to write into {}: see "
                            "ls -ld {}; {}",
                            directory, directory, other)};
}

// Books are kept in memory, so another host's writes would not be seen.
Result<Descriptor> lock_alone(const std::string& path) {
  const std::string beside = path + ".lock";
  Descriptor lock(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return no_lock(beside, errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Error{"store_in_use", fmt::format("another host keeps its conversations in {}", path),
                 "give this one a file of its own: --store sqlite:PATH, or url in [store]; hosts "
                 "that share conversations share a Redis"};
  }
  return lock;
}

Result<HouseStore> open_sqlite(const std::string& path, const Config& config) {
  // Two names that lead to one file must not be two locks.
  std::error_code unknown;
  const std::string own = std::filesystem::weakly_canonical(path, unknown).string();
  Result<Descriptor> lock = lock_alone(own.empty() ? path : own);
  if (!lock) return std::move(lock).error();
  SqliteStore::Options options;
  options.path = path;
  options.survives_power_cut = config.survives_power_cut;
  Result<std::unique_ptr<SqliteStore>> store = SqliteStore::open(std::move(options));
  if (!store) return std::move(store).error();
  return HouseStore{*std::move(store), std::string(sqlite) + path, *std::move(lock)};
}

// Of this process, among those that share a Redis: drawn, since machines may be copies.
std::string own_name() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

Error no_file(const std::string& path, const std::error_code& why) {
  if (why) {
    return {"no_store", fmt::format("{} cannot be looked at: {}", path, why.message()),
            "ask as the user that the host runs as, or as root: sudo"};
  }
  return {"no_store", fmt::format("there is no file {}", path),
          "the host says in its log where conversations are kept"};
}

Result<HouseStore> open_redis(const std::string& url, const Config& config) {
  Result<RedisAddress> address = parse_redis_address(url);
  if (!address) return std::move(address).error();
  std::string text = address->text();
  RedisStore::Options options{*std::move(address), config.store_prefix, {}};
  options.limits.patience = config.store_timeout;
  auto store = std::make_unique<RedisStore>(std::move(options));
  auto holds = std::make_unique<RedisHolds>(store->caller(), config.store_prefix, own_name());
  return HouseStore{std::move(store), std::move(text), {}, std::move(holds)};
}

}  // namespace

Result<HouseStore> open_house_store(const Config& config, Missing missing) {
  const Result<std::string> url = config.store.empty() ? std::string("memory") : url_of(config);
  if (!url) return url.error();
  if (*url == "memory") return HouseStore{std::make_unique<MemoryStore>(), "memory", {}};
  if (url->starts_with(sqlite)) {
    const std::string path = url->substr(sqlite.size());
    std::error_code wrong;
    if (missing == Missing::refuse && !fs::exists(path, wrong)) return no_file(path, wrong);
    return open_sqlite(path, config);
  }
  return open_redis(*url, config);
}

Problem check_house_store(const Config& config) {
  if (config.store.empty()) return std::nullopt;
  const Result<std::string> url = url_of(config);
  if (!url) return url.error();
  if (*url == "memory" || url->starts_with(sqlite)) return std::nullopt;
  const Result<RedisAddress> address = parse_redis_address(*url);
  return address ? Problem() : Problem(address.error());
}

std::string usual_store(const Address& listens) {
  if (listens.port == 0) return "memory";
  const std::string directory = state_directory();
  if (directory.empty()) return "memory";
  std::error_code wrong;
  fs::create_directories(directory, wrong);  // where that fails, opening the file says why
  return fmt::format("{}{}/{}{}{}", sqlite, directory, file_begins, listens.port, file_ends);
}

std::vector<std::string> stores_left() {
  std::vector<std::string> all;
  for (const std::string& place : {state_directory(), std::string(of_service)}) {
    std::error_code wrong;
    for (const auto& entry : fs::directory_iterator(place, wrong)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with(file_begins) && name.ends_with(file_ends))
        all.push_back(std::string(sqlite) + entry.path().string());
    }
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace patchbay

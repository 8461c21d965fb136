// SPDX-License-Identifier: MIT
// How a Write becomes rows of a SQLite store, inside a transaction. Remembers where conversations
// stand in the file, so that for a turn of one that talks nothing is looked up.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "machine/sqlite_file.h"
#include "machine/store.h"

namespace patchbay {

// Belongs to one connection, which is given to every call. One thread at a time.
class SqliteRows {
 public:
  // Begins a transaction that alone may write. To commit it is the caller's.
  [[nodiscard]] Problem begin(SqliteFile& file);
  // `now`: Unix time in milliseconds, here and below.
  Result<Written> apply(SqliteFile& file, const Write& write, std::int64_t now);
  // False where there was none.
  Result<bool> drop(SqliteFile& file, std::string_view conversation, std::int64_t now);
  // Some of those that have had their time: how many went.
  Result<std::size_t> drop_some(SqliteFile& file, std::int64_t now);

  // To be called where a transaction is taken back, or may have been.
  void forget_places() { places_.clear(); }

 private:
  struct Place {
    std::int64_t id = 0;
    std::int64_t forget_at = 0;
  };
  using Places = std::unordered_map<std::string, Place>;

  Result<std::optional<Place>> find(SqliteFile& file, const std::string& name, std::int64_t now);
  Result<std::int64_t> touch(SqliteFile& file, const std::optional<Place>& known,
                             const Write& write, std::int64_t now);
  [[nodiscard]] static Problem drop(SqliteFile& file, std::int64_t id);
  void remember(const std::string& name, const Place& place);

  Places places_;
  std::int64_t others_ = -1;  // changes with every transaction of other connections
};

}  // namespace patchbay

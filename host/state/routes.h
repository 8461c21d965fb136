// SPDX-License-Identifier: MIT
// Which agent a path reaches, and whose signature it wants. Never changed once it is made: a change
// is a new table, published whole.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "codec/signature.h"
#include "state/generation.h"

namespace patchbay {

struct Route {
  Agent* agent = nullptr;  // never null in a table; its generation outlives the table
  SigningKeys keys;
};

struct RouteTable {
  std::unordered_map<std::string, Route> by_name;  // eg: "bakery" for POST /agents/bakery
  std::string default_agent;                       // for POST /api/agent; may be empty
};

class Routes {
 public:
  // What a turn needs of its route: the hold on the agent outlives any change of the table.
  struct Found {
    std::shared_ptr<const RouteTable> table;  // keeps `route`
    const Route* route;
    Lease lease;
  };

  // The empty name is the default agent. Nothing where there is no such agent. [any]
  std::optional<Found> find(std::string_view name) const;
  [[nodiscard]] std::size_t agents() const;
  // Returns the table that served until here. [control]
  std::shared_ptr<const RouteTable> publish(std::shared_ptr<const RouteTable> table);

 private:
  mutable std::mutex mutex_;  // guards table_
  std::shared_ptr<const RouteTable> table_ = std::make_shared<RouteTable>();
};

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// What an answer needs of its agent, and the providers that all answers share. Both outlive every
// answer. [any]
#pragma once
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vap/http.hpp>
#include <vap/tool.hpp>
#include <vap/vap.hpp>
#include <vector>

#include "breaker.h"
#include "settings.h"

namespace llm {

class House {
 public:
  virtual ~House() = default;
  virtual vap::http& http() = 0;
  virtual vap::tools& functions() = 0;  // of other agents
  // Once, on a thread of the host's. 0: never.
  virtual vap::task_id call_later(Ms delay, std::function<void()> f) = 0;
  virtual void forget(vap::task_id task) = 0;
  // The answer of that reply is no more.
  virtual void farewell(vap_reply_t reply) = 0;
  virtual void warn(std::string_view text) = 0;
  virtual void tell(std::string_view text) = 0;  // in the log, where nothing is wrong
  virtual void add(std::string_view metric) = 0;
  virtual void note(std::string_view metric, double value) = 0;
};

struct Source {
  explicit Source(Provider p) : provider(std::move(p)) {}
  const Provider provider;
  Breaker breaker;
};
using Sources = std::vector<std::unique_ptr<Source>>;

}  // namespace llm

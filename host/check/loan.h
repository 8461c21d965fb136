// SPDX-License-Identifier: MIT
// The memory that a host lends to a plugin for one call: a record and its strings, in pages of
// their own. They can be made unreadable afterwards, so that whoever kept a pointer is found out.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "ground/clock.h"
#include "vap/vap.h"

namespace patchbay {

// What one turn tells an agent.
struct TurnText {
  std::string event = "message";
  std::string text;  // of a message
  std::string conversation = "conv_check";
  std::string turn = "turn_check";
  std::string json;  // the body; empty: made from the above
  Milliseconds budget{5'000};
};

// Records may have grown since the plugin was built: the bytes behind what it knows mean nothing to
// it.
enum class RecordSize { known, longer };

// Pages that are given out piece by piece.
class Pages {
 public:
  explicit Pages(std::size_t bytes);
  ~Pages();
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  void* put(const void* bytes, std::size_t size);
  vap_str_t put(std::string_view text);  // with a NUL behind it
  void forbid();                         // whoever touches them from here on crashes

 private:
  char* begin_;
  std::size_t size_;
  std::size_t used_ = 0;
};

class TurnLoan {
 public:
  explicit TurnLoan(const TurnText& text, RecordSize size = RecordSize::known);
  [[nodiscard]] const vap_turn_t* record() const { return record_; }
  void take_back() { pages_->forbid(); }

 private:
  std::unique_ptr<Pages> pages_;
  const vap_turn_t* record_;
};

class ConfigLoan {
 public:
  ConfigLoan(std::string_view agent_id, std::string_view json, RecordSize size = RecordSize::known,
             std::string_view route = "/agents/check");
  [[nodiscard]] const vap_config_t* record() const { return record_; }
  void take_back() { pages_->forbid(); }

 private:
  std::unique_ptr<Pages> pages_;
  const vap_config_t* record_;
};

}  // namespace patchbay

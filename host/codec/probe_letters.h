// SPDX-License-Identifier: MIT
// What the host and the process that tries a candidate for it write to each other, as bytes. Both
// are the same program, so the form is nobody else's business and may change.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

// An agent that is to be made of the candidate, as create() will get it.
struct ProbeAgent {
  std::string agent_id;     // as the manifest names it, eg: "default"
  std::string route;        // eg: "/agents/bakery"
  std::string config_json;  // eg: "{}"
};

struct ProbeOrder {
  std::string file;          // where the candidate came from, eg: "plugins/bakery.so"
  bool unload = true;        // false: it asks never to be unmapped
  Milliseconds too_slow{0};  // constructors that take longer end the trial
  std::vector<ProbeAgent> agents;
};

// What came of it, where the process lived to tell.
struct ProbeAnswer {
  Problem wrong;
  Milliseconds constructors{0};  // the loader's work, and that of the libraries it needs
  bool whole = true;             // false: the constructors were too slow, nothing else was tried
  bool unmapped = true;
};

std::string encode_order(const ProbeOrder& order);
std::string encode_answer(const ProbeAnswer& answer);
// The Error says that it cannot be read; nothing that they are given makes them crash.
Result<ProbeOrder> decode_order(std::string_view bytes);
Result<ProbeAnswer> decode_answer(std::string_view bytes);

}  // namespace patchbay

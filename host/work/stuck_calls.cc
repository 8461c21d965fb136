// SPDX-License-Identifier: MIT
#include "work/stuck_calls.h"

#include <fmt/format.h>

#include <cstdint>

namespace patchbay {

void tell_stuck(Callbacks& calls, std::string_view into, Moment now, Metrics& metrics, Log& log) {
  for (const Callbacks::Call& call : calls.newly_stuck(now)) {
    log.warn("an agent does not come back",
             {{"agent", call.agent},
              {"from", into},
              {"conversation", call.conversation},
              {"turn", call.turn},
              {"ms", std::chrono::duration_cast<Milliseconds>(now - call.began).count()},
              {"next", "its author must give what it waits for a timeout; it holds a thread"}});
  }
  for (const auto& [agent, stuck] : calls.stuck()) {
    metrics.set("patchbay_callbacks_stuck", fmt::format(R"(agent="{}",call="{}")", agent, into),
                static_cast<std::int64_t>(stuck));
  }
}

}  // namespace patchbay

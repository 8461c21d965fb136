// SPDX-License-Identifier: MIT
#include "work/border.h"

#include <cstring>

#include "ground/text.h"

namespace patchbay {
namespace {

// The table is the first member of its seat, so the plugin's pointer to one is a pointer to the
// other.
const Agent::Seat& seat_of(const vap_host_t* host) {
  return *reinterpret_cast<const Agent::Seat*>(host);
}

}  // namespace

HostApi& api_of(const vap_host_t* host) {
  return *static_cast<HostApi*>(seat_of(host).api);
}

Agent& agent_of(const vap_host_t* host) {
  return *seat_of(host).agent;
}

std::string words_of(const vap_error_t* error) {
  return error == nullptr ? std::string() : words_of(*error);
}

vap_status_t told(vap_status_t status, std::string_view why, vap_error_t* into) {
  if (into == nullptr || status >= 0) return status;
  into->code = status;
  const std::size_t length = why.copy(into->message, sizeof into->message - 1);
  into->message[length] = '\0';
  return status;
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
// A turn under way, event by event, and what was heard of it.
#pragma once
#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "support/host_process.h"
#include "support/line.h"
#include "support/webhook.h"

namespace patchbay::test {

// The request is sent, its head is read, its events are still to come.
inline Line begin(HostProcess& host, const Webhook& webhook) {
  Line line(host.port());
  line.send(webhook.request());
  CHECK(line.read_head().status == 200);
  return line;
}

inline std::vector<Json> rest_of(Line& line) {
  std::vector<Json> events;
  while (const auto event = line.next_event()) events.push_back(*event);
  return events;
}

inline std::string spoken(const std::vector<Json>& events) {
  std::string text;
  for (const Json& event : events) {
    if (event["type"] == "response.tts") text += event["content"].get<std::string>();
  }
  return text;
}

inline bool ends_once(const std::vector<Json>& events) {
  std::size_t ends = 0;
  for (const Json& event : events) ends += event["type"] == "response.end" ? 1 : 0;
  return ends == 1 && events.back()["type"] == "response.end";
}

}  // namespace patchbay::test

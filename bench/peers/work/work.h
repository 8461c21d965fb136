// SPDX-License-Identifier: MIT
//
// work - what every peer does with a webhook, for those in C++: written as one writes it on an
// afternoon with OpenSSL and nlohmann's JSON, not as the host does it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace patchbay::bench {

struct Settings {
  std::string secret;
  std::uint16_t port = 0;  // 0: any that is free
  std::size_t says = 3;
  int threads = 1;
  bool coalesced = false;              // an answer's events in one write
  std::chrono::milliseconds every{0};  // between two words, each stamped; 0: all at once
};

/** From LAYERCODE_WEBHOOK_SECRET, PORT, --says K, --threads N, --every MS and --coalesced. Throws
 * where they make no sense. */
Settings read_settings(int argc, char** argv);

/** Is this t=SECONDS,v1=HEX of these bytes, and no more than 300 seconds off? */
bool is_signed(std::string_view secret, std::string_view signature, std::string_view body);

/** Nothing: the body is no JSON object, or has no turn_id. */
std::optional<std::string> turn_id_of(std::string_view body);

/** As Server-Sent Events: `says` response.tts, and a response.end. */
std::vector<std::string> events_of(std::string_view turn_id, std::size_t says);
/** A response.tts that is this nanosecond, by CLOCK_MONOTONIC. */
std::string stamped_event(std::string_view turn_id, std::chrono::steady_clock::time_point due);
std::string end_event(std::string_view turn_id);

}  // namespace patchbay::bench

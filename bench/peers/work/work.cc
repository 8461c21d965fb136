// SPDX-License-Identifier: MIT
#include "work/work.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace patchbay::bench {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t max_skew = 300;  // seconds
constexpr std::array<std::string_view, 3> words = {
    "A dozen rolls, gladly. ",
    "The rye bread comes out of the oven at seven. ",
    "Shall I put both aside for you?",
};

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), out);
  return wrong == std::errc() && end == text.data() + text.size();
}

std::string environment(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

std::string hex_mac(std::string_view secret, const std::string& text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  ::HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += fmt::format("{:02x}", mac[i]);
  return hex;
}

std::string event(const Json& fields) {
  return "data: " + fields.dump() + "\n\n";
}

}  // namespace

Settings read_settings(int argc, char** argv) {
  Settings settings;
  settings.secret = environment("LAYERCODE_WEBHOOK_SECRET");
  if (settings.secret.empty()) throw std::invalid_argument("LAYERCODE_WEBHOOK_SECRET is not set");
  const std::string port = environment("PORT");
  bool right = port.empty() || read_number(port, settings.port);
  int every = 0;
  for (int i = 1; i < argc && right; ++i) {
    const std::string_view name = argv[i];
    const std::string_view value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--coalesced") {
      settings.coalesced = true;
    } else {
      right = (name == "--says" && read_number(value, settings.says)) ||
              (name == "--every" && read_number(value, every) && every > 0) ||
              (name == "--threads" && read_number(value, settings.threads) && settings.threads > 0);
      ++i;
    }
  }
  if (!right)
    throw std::invalid_argument(
        "[PORT=N] SERVER [--says K] [--threads N] [--every MS] [--coalesced]");
  settings.every = std::chrono::milliseconds(every);
  return settings;
}

bool is_signed(std::string_view secret, std::string_view signature, std::string_view body) {
  const std::size_t comma = signature.find(",v1=");
  if (!signature.starts_with("t=") || comma == std::string_view::npos) return false;
  const std::string_view when = signature.substr(2, comma - 2);
  const std::string_view said = signature.substr(comma + 4);
  std::int64_t seconds = 0;
  if (!read_number(when, seconds)) return false;
  const std::int64_t now = std::time(nullptr);
  if (seconds < now - max_skew || seconds > now + max_skew) return false;
  const std::string expected = hex_mac(secret, std::string(when) + "." + std::string(body));
  return said.size() == expected.size() &&
         ::CRYPTO_memcmp(said.data(), expected.data(), expected.size()) == 0;
}

std::optional<std::string> turn_id_of(std::string_view body) {
  const Json message = Json::parse(body, nullptr, false);
  if (!message.is_object()) return std::nullopt;
  const auto found = message.find("turn_id");
  if (found == message.end() || !found->is_string()) return std::nullopt;
  return found->get<std::string>();
}

std::vector<std::string> events_of(std::string_view turn_id, std::size_t says) {
  std::vector<std::string> events;
  for (std::size_t i = 0; i < says; ++i)
    events.push_back(event(
        {{"type", "response.tts"}, {"content", words[i % words.size()]}, {"turn_id", turn_id}}));
  events.push_back(end_event(turn_id));
  return events;
}

std::string stamped_event(std::string_view turn_id, std::chrono::steady_clock::time_point due) {
  const std::chrono::nanoseconds stamp = due.time_since_epoch();
  return event(
      {{"type", "response.tts"}, {"content", fmt::to_string(stamp.count())}, {"turn_id", turn_id}});
}

std::string end_event(std::string_view turn_id) {
  return event({{"type", "response.end"}, {"turn_id", turn_id}});
}

}  // namespace patchbay::bench

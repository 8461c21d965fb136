// SPDX-License-Identifier: MIT
#include "cli/talk_source.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "cli/admin_client.h"
#include "codec/event.h"
#include "codec/percent.h"
#include "machine/store.h"

namespace patchbay {
namespace {

constexpr Seconds patience{30};  // a store may be slow

class HostTalks final : public TalkSource {
 public:
  explicit HostTalks(std::string socket) : socket_(std::move(socket)) {}

  Result<TalkList> list(const std::string& agent, const std::string& from,
                        std::size_t most) override {
    std::string path = fmt::format("/conversations?most={}", most);
    if (!agent.empty()) path += "&agent=" + percent_encoded(agent);
    if (!from.empty()) path += "&from=" + percent_encoded(from);
    const Result<std::string> body = ask_admin(socket_, {"GET", path, {}, patience});
    if (!body) return body.error();
    return decode_talk_list(*body);
  }
  Result<Talk> show(const TalkName& name) override {
    const Result<std::string> body = ask_admin(socket_, {"GET", path_of(name), {}, patience});
    if (!body) return body.error();
    return decode_talk(*body);
  }
  Result<bool> forget(const TalkName& name) override {
    const Result<std::string> body = ask_admin(socket_, {"DELETE", path_of(name), {}, patience});
    if (!body) return body.error();
    return decode_forgotten(*body);
  }

 private:
  static std::string path_of(const TalkName& name) {
    return "/conversations/" + percent_encoded(name.agent) + "/" +
           percent_encoded(name.conversation);
  }

  const std::string socket_;
};

class StoredTalks final : public TalkSource {
 public:
  explicit StoredTalks(HouseStore house) : house_(std::move(house)) {}

  Result<TalkList> list(const std::string& agent, const std::string& from,
                        std::size_t most) override {
    const std::string prefix = agent.empty() ? "" : conversation_name(agent, "");
    const Result<Page> page = house_.store->list(prefix, from, most);
    if (!page) return page.error();
    return talk_list_of(*page);
  }
  Result<Talk> show(const TalkName& name) override {
    const Result<std::vector<Record>> records = house_.store->load(name_of(name));
    if (!records) return records.error();
    if (records->empty()) return unknown_talk(name.agent, name.conversation);
    return talk_of(name.agent, name.conversation, *records);
  }
  Result<bool> forget(const TalkName& name) override {
    const Result<bool> knew = house_.store->forget(name_of(name));
    if (!knew) return knew.error();
    if (!*knew) return unknown_talk(name.agent, name.conversation);
    return true;
  }

 private:
  static std::string name_of(const TalkName& name) {
    return conversation_name(name.agent, name.conversation);
  }

  const HouseStore house_;
};

}  // namespace

Result<std::unique_ptr<TalkSource>> talks_of_host(const std::string& admin_flag) {
  Result<std::string> socket = choose_admin_socket(admin_flag);
  if (socket) return std::unique_ptr<TalkSource>(new HostTalks(*std::move(socket)));
  Error error = std::move(socket).error();
  const std::vector<std::string> left = stores_left();
  if (error.code == "no_host" && !left.empty()) {
    error.hint = "to read what one that is stopped has kept:";
    for (const std::string& url : left) error.hint += "\n  patchbay conversations --store " + url;
  }
  return error;
}

Result<std::unique_ptr<TalkSource>> talks_in_store(const std::string& url) {
  if (url == "memory") {
    return Error{"no_store", "what a host keeps in its memory ends with it",
                 "ask the host while it runs: leave --store away"};
  }
  Config config;
  config.store = url;
  Result<HouseStore> store = open_house_store(config, Missing::refuse);
  if (store) return std::unique_ptr<TalkSource>(new StoredTalks(*std::move(store)));
  if (store.error().code != "store_in_use") return std::move(store).error();
  return Error{"store_in_use", "a host keeps its conversations there just now",
               "ask the host: leave --store away"};
}

}  // namespace patchbay

// SPDX-License-Identifier: MIT
#include "work/requests.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/scripted_server.h"
#include "support/temp_dir.h"
#include "support/toy_host.h"
#include "support/wait.h"

namespace patchbay {
namespace {

using test::ScriptedServer;
using Voice = ScriptedServer::Voice;
using Asked = ScriptedServer::Asked;

// What a plugin would be, for one request: it notes all that it is told, and whether two calls were
// ever in it at once.
struct Heard {
  std::mutex mutex;  // guards the four below
  std::string body;
  std::vector<std::string> calls;
  vap_http_end_t end{};
  std::string why;
  std::atomic<int> inside = 0;
  std::atomic<bool> overlapped = false;
  std::atomic<int> chunks = 0;
  std::atomic<int> ends = 0;
  std::latch* hold = nullptr;  // each chunk waits for it

  struct Visit {
    explicit Visit(Heard& h) : heard(h) {
      if (++heard.inside > 1) heard.overlapped = true;
    }
    ~Visit() { --heard.inside; }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    Heard& heard;
  };

  static Heard& of(void* user) { return *static_cast<Heard*>(user); }
  static void VAP_CALL on_head(void* user, const vap_http_head_t* head) noexcept {
    const Visit visit(of(user));
    const std::lock_guard lock(of(user).mutex);
    of(user).calls.push_back("head " + std::to_string(head->http_status));
  }
  static void VAP_CALL on_chunk(void* user, vap_str_t bytes) noexcept {
    Heard& heard = of(user);
    const Visit visit(heard);
    ++heard.chunks;
    if (heard.hold != nullptr) heard.hold->wait();
    const std::lock_guard lock(heard.mutex);
    heard.body.append(bytes.ptr, bytes.len);
    if (heard.calls.empty() || heard.calls.back() != "chunk") heard.calls.emplace_back("chunk");
  }
  static void VAP_CALL on_end(void* user, const vap_http_end_t* end) noexcept {
    Heard& heard = of(user);
    {
      const Visit visit(heard);
      const std::lock_guard lock(heard.mutex);
      heard.end = *end;
      heard.why.assign(end->message.ptr, end->message.len);
      heard.calls.emplace_back("end");
    }
    ++heard.ends;  // the last: whoever waits for it may take the notes away
  }
  Request::Plugin plugin() {
    return {{sizeof(vap_http_handler_t), 0, on_head, on_chunk, on_end}, this};
  }
  vap_http_end_t await_end() {
    REQUIRE(test::eventually([&] { return ends > 0; }));
    const std::lock_guard lock(mutex);
    return end;
  }
};

AgentConfig with(HttpAccess http) {
  AgentConfig config = test::named("a");
  config.http = std::move(http);
  return config;
}

std::vector<EgressRule> only(const std::string& authority) {
  return {*decode_egress_rule(authority)};
}

struct Home {
  explicit Home(HttpAccess http, Requests::Limits limits = {})
      : requests({replies, metrics, timers, log}, *Transfers::start({{}, "off"}), limits),
        agent(*generation->make_agent(with(std::move(http)), test::toy_table(), nullptr)) {}
  ~Home() {
    requests.close();
    CHECK(generation->unused_within(Milliseconds{30'000}));
    timers.stop();
  }
  Home(const Home&) = delete;
  Home& operator=(const Home&) = delete;

  Requests::Answer send(const std::string& url, Heard& heard, vap_reply_t reply = 0,
                        Requests::Id* id = nullptr) {
    HttpWish wish;
    wish.url = url;
    return requests.send(*agent, reply, wish, heard.plugin(), id);
  }
  Requests::Answer send(const HttpWish& wish, Heard& heard) {
    return requests.send(*agent, 0, wish, heard.plugin(), nullptr);
  }
  std::shared_ptr<Reply> open_reply() {
    auto reply = std::make_shared<Reply>(replies.next_number(), ReplyKind::silent,
                                         TurnFacts{"message", "c", "s", "t"}, Lease(*agent),
                                         nullptr, Clock::now(), Seconds{30});
    replies.add(reply);
    return reply;
  }
  [[nodiscard]] bool counts(const std::string& outcome, int times) const {
    return metrics.text().find("patchbay_agent_requests_total{agent=\"a\",outcome=\"" + outcome +
                               "\"} " + std::to_string(times)) != std::string::npos;
  }

  Log log{LogLevel::off, LogFormat::text};
  Replies replies;
  Metrics metrics;
  Timers timers;
  std::unique_ptr<Generation> generation =
      *Generation::load(*Candidate::stage(test::fixture("probe")), test::any_manifest());
  Requests requests;
  Agent* agent;
};

// Answers, and goes on until its client has gone.
void stream_on(const Asked&, Voice& voice) {
  voice.begin();
  voice.chunk("x");
  static_cast<void>(voice.client_goes());
  voice.hang_up();
}

TEST_SUITE("requests") {
  TEST_CASE("the plugin hears head, chunks and end in order, never two at once") {
    ScriptedServer server([](const Asked&, Voice& voice) {
      voice.begin("404 Not Found");
      for (int i = 0; i < 200; ++i) voice.chunk("0123456789");
      voice.end();
    });
    Home home({.allow = only(server.authority())});
    std::vector<Heard> all(20);
    for (Heard& heard : all) CHECK(home.send(server.url("/a?k=1"), heard).status == VAP_OK);
    for (Heard& heard : all) {
      const vap_http_end_t end = heard.await_end();
      CHECK(end.status == VAP_OK);
      CHECK(end.http_status == 404);
      CHECK(heard.body.size() == 2000);
      CHECK(heard.calls == std::vector<std::string>{"head 404", "chunk", "end"});
      CHECK_FALSE(heard.overlapped);
    }
    CHECK(test::eventually([&] { return home.counts("refused", 20); }));
    CHECK(home.metrics.text().find("patchbay_agent_requests_open{agent=\"a\"} 0") !=
          std::string::npos);
  }

  TEST_CASE("an agent reaches whom its list names, and reads how to add the others") {
    ScriptedServer server([](const Asked&, Voice& voice) { voice.answer("200 OK", "x"); });
    Heard heard;
    {
      Home closed({});
      const Requests::Answer no = closed.send(server.url(), heard);
      CHECK(no.status == VAP_E_UNSUPPORTED);
      CHECK(no.why == "agent a may not reach " + server.authority() + " (add \"" +
                          server.authority() + "\" to allow in [agents.a.http])");
      CHECK(closed.requests.warm(*closed.agent, server.url()).status == VAP_E_UNSUPPORTED);
      CHECK(closed.counts("not_sent", 1));
    }
    Home home({.allow = only(server.authority())});
    CHECK(home.send("https://example.com/", heard).status == VAP_E_UNSUPPORTED);
    CHECK(home.send("ftp://example.com/", heard).status == VAP_E_INVALID);
    const Requests::Answer open = home.send("http://a:b@" + server.authority() + "/", heard);
    CHECK(open.status == VAP_E_INVALID);
    CHECK(open.why == "the URL: a name and password cannot stand in it");
    CHECK(server.asked().empty());
    CHECK(home.send(server.url(), heard).status == VAP_OK);
    CHECK(heard.await_end().http_status == 200);
    CHECK(heard.ends == 1);
  }

  TEST_CASE("a redirect that is followed asks the list too") {
    ScriptedServer there([](const Asked&, Voice& voice) { voice.answer("200 OK", ""); });
    ScriptedServer here([&](const Asked&, Voice& voice) {
      voice.answer("302 Found", "", "Location: " + there.url() + "\r\n");
    });
    Home home({.allow = only(here.authority())});
    Heard heard;
    HttpWish wish;
    const std::string url = here.url();
    wish.url = url;
    wish.follow = true;
    CHECK(home.send(wish, heard).status == VAP_OK);
    CHECK(heard.await_end().status == VAP_E_FAILED);
    CHECK(heard.why.find("may not reach " + there.authority()) != std::string::npos);
    CHECK(there.asked().empty());
  }

  TEST_CASE("a secret goes out in a header, and is shown to nobody else") {
    const test::TempDir dir;
    std::ofstream(dir.of("key")) << "sk-123\n";
    ScriptedServer server([](const Asked&, Voice& voice) { voice.answer("200 OK", "x"); });
    HttpAccess http{.allow = only(server.authority())};
    http.allow.push_back(*decode_egress_rule("far.example:80"));
    http.secrets["model"] = {SecretRef::Kind::file, dir.of("key")};
    http.secrets["gone"] = {SecretRef::Kind::file, dir.of("none")};
    Home home(std::move(http));
    Heard heard;
    const auto send = [&](const std::string& url, std::string_view value, std::string_view body) {
      HttpWish wish;
      wish.url = url;
      wish.headers = {{"Authorization", value}};
      wish.body = body;
      return home.send(wish, heard);
    };
    CHECK(send(server.url(), "Bearer {secret:model}", "{secret:model}").status == VAP_OK);
    heard.await_end();
    const Asked asked = server.asked().at(0);
    CHECK(asked.head.find("Authorization: Bearer sk-123\r\n") != std::string::npos);
    CHECK(asked.body == "{secret:model}");

    const Requests::Answer unknown = send(server.url(), "{secret:other}", "");
    CHECK(unknown.status == VAP_E_NOT_FOUND);
    CHECK(unknown.why.find("agent a has no secret 'other'") != std::string::npos);
    CHECK(send(server.url(), "{secret:gone}", "").status == VAP_E_NOT_FOUND);
    CHECK(send(server.url(), "{secret:", "").status == VAP_E_INVALID);
    const Requests::Answer plain = send("http://far.example/", "{secret:model}", "");
    CHECK(plain.status == VAP_E_UNSUPPORTED);
    CHECK(plain.why.find("https") != std::string::npos);
    CHECK(plain.why.find("sk-123") == std::string::npos);
    CHECK(server.asked().size() == 1);
  }

  TEST_CASE("what would change how or to whom a message goes is refused") {
    ScriptedServer server([](const Asked&, Voice& voice) { voice.answer("200 OK", "x"); });
    Home home({.allow = only(server.authority())});
    Heard heard;
    const std::string url = server.url();
    const auto header = [&](std::string_view name, std::string_view value) {
      HttpWish wish;
      wish.url = url;
      wish.headers = {{name, value}};
      return home.send(wish, heard).status;
    };
    CHECK(header("Host", "other") == VAP_E_INVALID);
    CHECK(header("content-length", "5") == VAP_E_INVALID);
    CHECK(header("Proxy-Authorization", "x") == VAP_E_INVALID);
    CHECK(header("X", "a\r\nY: b") == VAP_E_INVALID);
    CHECK(header("X Y", "a") == VAP_E_INVALID);
    CHECK(header("", "a") == VAP_E_INVALID);
    HttpWish method;
    method.url = url;
    method.method = "GET / HTTP/1.1";
    CHECK(home.send(method, heard).status == VAP_E_INVALID);
    for (const char* no : {"CONNECT", "TRACE"}) {
      method.method = no;
      CHECK(home.send(method, heard).status == VAP_E_INVALID);
    }
    CHECK(server.asked().empty());
  }

  TEST_CASE("a request goes with its turn, within 50 ms") {
    ScriptedServer server(stream_on);
    Home home({.allow = only(server.authority())});
    std::vector<std::int64_t> took;
    for (int i = 0; i < 20; ++i) {
      Heard heard;
      const auto reply = home.open_reply();
      REQUIRE(home.send(server.url(), heard, reply->number()).status == VAP_OK);
      REQUIRE(test::eventually([&] { return heard.chunks > 0; }));
      const Moment asked = Clock::now();
      if (i % 2 == 0) {
        reply->cancel(VAP_CANCEL_BARGE_IN);
      } else {
        reply->close(Outcome::answered, "");
      }
      CHECK(heard.await_end().status == VAP_E_CANCELLED);
      took.push_back(
          std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - asked).count());
      CHECK(heard.calls == std::vector<std::string>{"head 200", "chunk", "end"});
      CHECK(home.send(server.url(), heard, reply->number()).status ==
            (i % 2 == 0 ? VAP_E_CANCELLED : VAP_E_ENDED));
      CHECK(home.replies.take(reply->number(), *home.agent) == reply);
    }
    std::sort(took.begin(), took.end());
    MESSAGE("on_end after a cancel: median " << took[10] << " us, longest " << took.back()
                                             << " us");
    CHECK(took[10] < 50'000);
    CHECK(home.send(server.url(), *std::make_unique<Heard>(), 4711).status == VAP_E_ENDED);
  }

  TEST_CASE("a request is cancelled by its number, and by nobody else's") {
    ScriptedServer server(stream_on);
    Home home({.allow = only(server.authority())});
    Agent* const other = *home.generation->make_agent(test::named("b"), test::toy_table(), nullptr);
    Heard heard;
    Requests::Id id = 0;
    REQUIRE(home.send(server.url(), heard, 0, &id).status == VAP_OK);
    CHECK(id != 0);
    CHECK(home.requests.cancel(*other, id) == VAP_E_NOT_FOUND);
    CHECK(home.requests.cancel(*home.agent, id + 1) == VAP_E_NOT_FOUND);
    CHECK(home.requests.cancel(*home.agent, id) == VAP_OK);
    CHECK(heard.await_end().status == VAP_E_CANCELLED);
    CHECK(
        test::eventually([&] { return home.requests.cancel(*home.agent, id) == VAP_E_NOT_FOUND; }));
  }

  TEST_CASE("an open request holds its version, and a version that winds down is let go") {
    ScriptedServer server(stream_on);
    Home home({.allow = only(server.authority())});
    Heard heard;
    REQUIRE(home.send(server.url(), heard).status == VAP_OK);
    REQUIRE(test::eventually([&] { return heard.chunks > 0; }));
    CHECK(home.generation->leases() == 1);
    CHECK(home.requests.open(*home.generation) == 1);
    CHECK_FALSE(home.generation->close());
    home.generation->wind_down();
    CHECK(home.send(server.url(), heard).status == VAP_E_CANCELLED);
    home.requests.cut(*home.generation);
    CHECK(heard.await_end().status == VAP_E_CANCELLED);
    CHECK(home.generation->unused_within(Milliseconds{30'000}));
    CHECK(home.requests.open(*home.generation) == 0);
  }

  TEST_CASE("what is open is counted for an agent in all its versions") {
    ScriptedServer server(stream_on);
    Home home({.allow = only(server.authority())});
    const auto next =
        *Generation::load(*Candidate::stage(test::fixture("probe")), test::any_manifest());
    Agent* const newer = *next->make_agent(home.agent->config(), test::toy_table(), nullptr);
    const auto open = [&](int many) {
      return home.metrics.text().find("patchbay_agent_requests_open{agent=\"a\"} " +
                                      std::to_string(many)) != std::string::npos;
    };
    Heard old;
    Heard fresh;
    REQUIRE(home.send(server.url(), old).status == VAP_OK);
    HttpWish wish;
    const std::string url = server.url();
    wish.url = url;
    REQUIRE(home.requests.send(*newer, 0, wish, fresh.plugin(), nullptr).status == VAP_OK);
    CHECK(open(2));
    home.requests.cut(*home.generation);
    CHECK(home.generation->unused_within(Milliseconds{30'000}));
    CHECK(open(1));
    home.requests.cut(*next);
    CHECK(next->unused_within(Milliseconds{30'000}));
    CHECK(open(0));
  }

  TEST_CASE("a cancel that comes while the request is still being sent is not lost") {
    ScriptedServer server(stream_on);
    Home home({.allow = only(server.authority())});
    constexpr Requests::Id many = 1000;
    std::thread canceller([&] {  // at the first moment at which each can be found
      for (Requests::Id id = 1; id <= many; ++id)
        while (home.requests.cancel(*home.agent, id) != VAP_OK) continue;
    });
    std::vector<Heard> all(many);
    HttpWish wish;
    const std::string url = server.url();
    wish.url = url;
    wish.idle = Milliseconds{2'000};
    for (Heard& heard : all) CHECK(home.send(wish, heard).status == VAP_OK);
    canceller.join();
    for (Heard& heard : all) CHECK(heard.await_end().status == VAP_E_CANCELLED);
  }

  TEST_CASE("a plugin that lags behind makes its server wait, and loses nothing") {
    const std::string piece(16 * 1024, 'x');
    std::atomic<std::size_t> sent = 0;
    constexpr std::size_t all = std::size_t{32} * 1024 * 1024;
    ScriptedServer server([&](const Asked&, Voice& voice) {
      voice.begin();
      for (; sent < all && voice.chunk(piece); sent += piece.size()) continue;
      voice.end();
    });
    Home home({.allow = only(server.authority())});
    std::latch hold(1);
    Heard heard;
    heard.hold = &hold;
    REQUIRE(home.send(server.url(), heard).status == VAP_OK);
    REQUIRE(test::eventually([&] { return heard.chunks == 1; }));
    std::size_t before = 0;
    // It stands when a while brings nothing more: kernels buffer some megabytes.
    while (std::exchange(before, sent.load()) != sent || before == 0)
      std::this_thread::sleep_for(Milliseconds{100});
    CHECK(sent < all);
    hold.count_down();
    CHECK(heard.await_end().status == VAP_OK);
    CHECK(heard.body.size() == all);
  }

  TEST_CASE("a plugin that does not come back from a piece of an answer is told of") {
    ScriptedServer server(stream_on);
    Requests::Limits limits;
    limits.stuck_after = Milliseconds{0};
    Home home({.allow = only(server.authority())}, limits);
    std::latch hold(1);
    Heard heard;
    heard.hold = &hold;
    const auto stuck = [&](int many) {
      home.requests.look_after(Clock::now());
      return home.metrics.text().find("patchbay_callbacks_stuck{agent=\"a\",call=\"vap.http/1\"} " +
                                      std::to_string(many)) != std::string::npos;
    };
    REQUIRE(home.send(server.url(), heard).status == VAP_OK);
    REQUIRE(test::eventually([&] { return heard.chunks == 1; }));
    CHECK(stuck(1));
    hold.count_down();
    home.requests.close();
    heard.await_end();
    CHECK(test::eventually([&] { return stuck(0); }));
  }

  TEST_CASE("there is a limit to how many are open") {
    ScriptedServer server(stream_on);
    Requests::Limits limits;
    limits.open_of_one = 2;
    std::vector<Heard> heard(3);
    Home home({.allow = only(server.authority())}, limits);
    CHECK(home.send(server.url(), heard[0]).status == VAP_OK);
    CHECK(home.send(server.url(), heard[1]).status == VAP_OK);
    CHECK(home.send(server.url(), heard[2]).status == VAP_E_LIMIT);
    home.requests.close();
    for (int i = 0; i < 2; ++i) CHECK(heard[static_cast<std::size_t>(i)].await_end().status < 0);
    CHECK(home.send(server.url(), heard[2]).status == VAP_E_CANCELLED);
    CHECK(heard[2].ends == 0);
  }

  TEST_CASE("a connection is opened ahead of the first request") {
    ScriptedServer server([](const Asked& asked, Voice& voice) {
      voice.answer("200 OK", asked.head.starts_with("HEAD") ? "" : "x");
    });
    Home home({.allow = only(server.authority()), .warm = {server.url("/v1")}});
    home.requests.warm_up(*home.agent);
    REQUIRE(test::eventually([&] { return server.asked().size() == 1; }));
    CHECK(server.asked().at(0).head.starts_with("HEAD / "));
    Heard heard;
    // The answer to HEAD may still be on its way back.
    REQUIRE(test::eventually([&] {
      Heard again;
      if (home.send(server.url(), again).status != VAP_OK) return false;
      return again.await_end().http_status == 200;
    }));
    CHECK(server.connections() <= 2);
  }

  TEST_CASE("so many connections are opened ahead at once, and no more") {
    std::latch over(1);
    ScriptedServer server([&](const Asked&, Voice& voice) {
      over.wait();
      voice.answer("200 OK", "");
    });
    Home home({.allow = only(server.authority())});
    int taken = 0;
    while (taken < 1000 && home.requests.warm(*home.agent, server.url()).status == VAP_OK) ++taken;
    CHECK(taken == 64);
    CHECK(home.requests.warm(*home.agent, server.url()).status == VAP_E_LIMIT);
    over.count_down();
    CHECK(test::eventually(
        [&] { return home.requests.warm(*home.agent, server.url()).status == VAP_OK; }));
  }

  TEST_CASE("500 streams at once, on at most 8 threads") {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    constexpr int streams = 500, pieces = 20;
    std::latch all_there(streams);
    ScriptedServer server([&](const Asked&, Voice& voice) {
      voice.begin();
      voice.chunk("first ");
      all_there.arrive_and_wait();
      for (int i = 1; i < pieces; ++i) {
        voice.chunk("word ");
        std::this_thread::sleep_for(Milliseconds{20});
      }
      voice.end();
    });
    Home home({.allow = only(server.authority())});
    std::vector<Heard> heard(streams);
    for (Heard& one : heard) REQUIRE(home.send(server.url(), one).status == VAP_OK);
    std::size_t most = 0;
    for (Heard& one : heard) {
      while (one.ends == 0) {
        most = std::max(most, home.requests.threads());
        std::this_thread::sleep_for(Milliseconds{1});
      }
      CHECK(one.await_end().status == VAP_OK);
      CHECK(one.body.size() == 6 + 5 * (pieces - 1));
      CHECK_FALSE(one.overlapped);
    }
    MESSAGE("500 streams: at most " << most << " threads ran plugin code, and one the sockets");
    CHECK(most + 1 <= 8);
  }
}

}  // namespace
}  // namespace patchbay

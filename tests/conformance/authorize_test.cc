// SPDX-License-Identifier: MIT
// Protocol §8, cases 75 to 80: /api/authorize against a real upstream on loopback.
#include <doctest/doctest.h>
#include <httplib.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "conformance/hosts.h"

namespace patchbay::test {
namespace {

constexpr const char* api_key = "lk_test_key_42";

// Stands for api.layercode.com: answers as it is told to, and remembers what it was asked.
class Upstream {
 public:
  Upstream() {
    server_.Post("/v1/agents/web/authorize_session",
                 [this](const httplib::Request& request, httplib::Response& response) {
                   const std::lock_guard lock(mutex_);
                   ++times_asked_;
                   asked_ = request.body;
                   authorization_ = request.get_header_value("Authorization");
                   response.status = status_;
                   if (!drips_) return response.set_content(answer_, "application/json");
                   response.set_chunked_content_provider(
                       "application/json", [](std::size_t, httplib::DataSink& sink) {
                         std::this_thread::sleep_for(std::chrono::milliseconds(100));
                         return sink.write(" ", 1);
                       });
                 });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    server_.wait_until_ready_for_tests();
  }
  ~Upstream() {
    server_.stop();
    thread_.join();
  }
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  void answers(int status, const std::string& body) {
    const std::lock_guard lock(mutex_);
    status_ = status;
    answer_ = body;
  }
  // A blank now and then, for as long as somebody listens.
  void drips() {
    const std::lock_guard lock(mutex_);
    drips_ = true;
  }
  Json asked() {
    const std::lock_guard lock(mutex_);
    return Json::parse(asked_);
  }
  int times_asked() {
    const std::lock_guard lock(mutex_);
    return times_asked_;
  }
  std::string authorization() {
    const std::lock_guard lock(mutex_);
    return authorization_;
  }
  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/v1";
  }

 private:
  struct Server : httplib::Server {
    void wait_until_ready_for_tests() const {
      while (!is_running()) std::this_thread::yield();
    }
  };
  Server server_;
  int port_ = 0;
  std::thread thread_;
  std::mutex mutex_;  // guards everything below
  int status_ = 200;
  std::string answer_ = "{}";
  bool drips_ = false;
  int times_asked_ = 0;
  std::string asked_;
  std::string authorization_;
};

HostProcess::Setup authorizing(const std::string& upstream, const std::string& further = "",
                               bool with_key = true) {
  static int made = 0;
  const std::string file =
      std::filesystem::temp_directory_path() /
      ("patchbay-authorize-" + std::to_string(::getpid()) + "-" + std::to_string(++made) + ".toml");
  std::ofstream(file) << "[authorize]\nupstream = \"" << upstream << "\"\ntimeout = \"2s\"\n"
                      << further;
  HostProcess::Setup setup = serving(plugin_directory(), {"--config", file});
  if (with_key) setup.environment["LAYERCODE_API_KEY"] = api_key;
  return setup;
}

Answer authorize(std::uint16_t port, const std::string& body,
                 const std::string& header = "Origin: https://ui.example") {
  return send_raw(port, "POST /api/authorize HTTP/1.1\r\nHost: x\r\n" + header +
                            "\r\nContent-Type: application/json\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST_SUITE("authorize") {
  TEST_CASE(
      "the upstream is asked with our key and the same body, and its answer relayed (case 75)") {
    Upstream upstream;
    const std::string session =
        R"({"client_session_key":"k","conversation_id":"c","config":{"transcription":{"trigger":"automatic"}}})";
    upstream.answers(200, session);
    HostProcess host(authorizing(upstream.url()));
    const std::string body = R"({"agent_id":"ag_1","metadata":{"a":1},"sdk_version":"2.7.0"})";
    const Answer answer = authorize(host.port(), body);
    CHECK(answer.status == 200);
    CHECK(answer.body == session);
    CHECK(answer.header("access-control-allow-origin") == "*");
    CHECK(upstream.asked() == Json::parse(body));
    CHECK(upstream.authorization() == std::string("Bearer ") + api_key);
  }

  TEST_CASE("a bad request is refused in the words that peers use (case 76)") {
    Upstream upstream;
    HostProcess host(authorizing(upstream.url()));
    for (const char* body : {"", "nope", "[]"}) {
      const Answer answer = authorize(host.port(), body);
      CHECK(answer.status == 400);
      CHECK(Json::parse(answer.body)["error"] == "Invalid JSON body.");
    }
    CHECK(Json::parse(authorize(host.port(), "{}").body)["error"] ==
          "Missing agent_id in request body.");
  }

  TEST_CASE("a body that is too large to be a page's is refused unread") {
    Upstream upstream;
    HostProcess host(authorizing(upstream.url()));
    const std::string start = R"({"agent_id":"ag_1","metadata":")";
    const std::string fits = start + std::string(64 * 1024 - start.size() - 2, 'x') + "\"}";
    CHECK(authorize(host.port(), fits).status == 200);
    CHECK(authorize(host.port(), fits + " ").status == 413);
  }

  TEST_CASE("without a key the answer says which is missing (case 77)") {
    Upstream upstream;
    HostProcess host(authorizing(upstream.url(), "", false));
    const Answer answer = authorize(host.port(), R"({"agent_id":"a"})");
    CHECK(answer.status == 500);
    CHECK(Json::parse(answer.body)["error"] == "LAYERCODE_API_KEY is not set.");
  }

  TEST_CASE("an empty balance reaches the front end where its SDK looks for it (case 78)") {
    Upstream upstream;
    upstream.answers(402, R"({"error":"Insufficient balance"})");
    HostProcess host(authorizing(upstream.url()));
    const Answer answer = authorize(host.port(), R"({"agent_id":"a"})");
    CHECK(answer.status == 402);
    CHECK(answer.reason == "insufficient_balance");
    CHECK(Json::parse(answer.body)["error"] == "insufficient_balance");
  }

  TEST_CASE("another refusal of the upstream keeps its status and its words (case 79)") {
    Upstream upstream;
    upstream.answers(400, R"({"error":"unknown agent"})");
    HostProcess host(authorizing(upstream.url()));
    const Answer answer = authorize(host.port(), R"({"agent_id":"a"})");
    CHECK(answer.status == 400);
    CHECK(Json::parse(answer.body)["error"] == "unknown agent");
    CHECK(answer.header("access-control-allow-origin") == "*");
  }

  TEST_CASE("an answer of the upstream that is none is a 502, which says what came") {
    Upstream upstream;
    upstream.answers(302, "");
    HostProcess host(authorizing(upstream.url()));
    const Answer answer = authorize(host.port(), R"({"agent_id":"a"})");
    CHECK(answer.status == 502);
    CHECK(Json::parse(answer.body)["error"] == "The authorization server answered 302.");
  }

  TEST_CASE("an upstream that drips is given up after the whole of its time (case 79)") {
    Upstream upstream;
    upstream.drips();
    HostProcess host(authorizing(upstream.url()));
    CHECK(authorize(host.port(), R"({"agent_id":"a"})").status == 502);
    CHECK(host.logs("authorize outcome=\"no answer\""));
  }

  TEST_CASE("an upstream that is not there is a 502, and the key is nowhere (cases 77, 79)") {
    HostProcess host(authorizing("http://127.0.0.1:1/v1"));
    const Answer answer = authorize(host.port(), R"({"agent_id":"a"})");
    CHECK(answer.status == 502);
    CHECK(host.logs("authorize outcome=\"no answer\""));
    CHECK(answer.body.find(api_key) == std::string::npos);
    CHECK(host.log().find(api_key) == std::string::npos);
  }

  TEST_CASE("what the operator fixed, no browser can change (case 80)") {
    Upstream upstream;
    HostProcess host(
        authorizing(upstream.url(), "[authorize.defaults.custom_metadata]\ntenant = \"acme\"\n"));
    authorize(host.port(), R"({"agent_id":"a","custom_metadata":{"tenant":"evil","user":"ada"}})");
    CHECK(upstream.asked()["custom_metadata"] == Json{{"tenant", "acme"}, {"user", "ada"}});
  }

  TEST_CASE("only the origins that are listed may ask from a browser") {
    Upstream upstream;
    HostProcess host(authorizing(upstream.url(), "allow_origins = [\"https://ui.example\"]\n"));
    CHECK(authorize(host.port(), R"({"agent_id":"a"})").header("access-control-allow-origin") ==
          "https://ui.example");
    CHECK(authorize(host.port(), R"({"agent_id":"a"})", "Origin: https://evil.example")
              .header("access-control-allow-origin")
              .empty());
  }

  TEST_CASE("for a page that is not listed nobody is asked, and no session begins") {
    Upstream upstream;
    HostProcess host(authorizing(upstream.url(), "allow_origins = [\"https://ui.example\"]\n"));
    const std::string body = R"({"agent_id":"a"})";
    for (const char* origin : {"Origin: https://evil.example", "Origin: null",
                               "Origin: https://ui.example.evil", "Origin: http://ui.example"}) {
      const Answer answer = authorize(host.port(), body, origin);
      CHECK(answer.status == 403);
      const std::string why = Json::parse(answer.body)["error"];
      CHECK(why.find("allow_origins") != std::string::npos);
      CHECK(answer.header("access-control-allow-origin").empty());
    }
    CHECK(upstream.times_asked() == 0);
    CHECK(host.logs_line({"authorize", "https://evil.example"}));
    CHECK(authorize(host.port(), body, "User-Agent: a server").status == 200);
    CHECK(upstream.times_asked() == 1);
  }

  TEST_CASE("a page that is not listed, and a body too large for one, are refused at the head") {
    Upstream upstream;
    HostProcess host(authorizing(upstream.url(), "allow_origins = [\"https://ui.example\"]\n"));
    const auto asks = [&](const std::string& origin) {
      return send_raw(host.port(), "POST /api/authorize HTTP/1.1\r\nHost: x\r\nOrigin: " + origin +
                                       "\r\nContent-Length: 8000000\r\n\r\n");
    };
    CHECK(asks("https://evil.example").status == 403);
    const Answer large = asks("https://ui.example");
    CHECK(large.status == 413);
    CHECK(large.header("access-control-allow-origin") == "https://ui.example");
  }
}

}  // namespace
}  // namespace patchbay::test

// SPDX-License-Identifier: MIT
// TLS in the box, as operators and callers meet it. That the protocol is the same over it is shown
// by the suites that run twice: see CMakeLists.txt.
#include <doctest/doctest.h>

#include <filesystem>

#include "conformance/hosts.h"
#include "conformance/turns.h"
#include "support/temp_dir.h"
#include "support/throwaway_certificate.h"

namespace patchbay::test {
namespace {

// A certificate, its key, and a configuration that names both.
struct Place {
  TempDir dir;
  std::string certificate = dir.of("cert.pem");
  std::string key = dir.of("key.pem");
  std::string config = dir.of("patchbay.toml");

  explicit Place(const PemPair& pair = throwaway_pair("old")) {
    put(pair);
    name(certificate, key);
  }
  void put(const PemPair& pair) const {
    write_text(certificate, pair.certificate);
    write_text(key, pair.key);
  }
  // Moved into its place, so that it is never read half written.
  void name(const std::string& certificate_file, const std::string& key_file) const {
    write_text(config + ".new", "[server]\nmetrics = true\n[tls]\ncertificate = \"" +
                                    certificate_file + "\"\nkey = \"" + key_file +
                                    "\"\n[webhook]\nagent = \"probe\"\n[agents.probe]\n");
    std::filesystem::rename(config + ".new", config);
  }
};

HostProcess::Setup host_at(const Place& place) {
  HostProcess::Setup setup;
  setup.arguments = {"serve",    "--listen",  "127.0.0.1:0", "--plugins", fixture_directory(),
                     "--config", place.config};
  setup.environment["LAYERCODE_WEBHOOK_SECRET"] = test_secret;
  return setup;
}

struct Told {
  int code;
  std::string words;
};
Told told_by(const std::vector<std::string>& arguments, const std::string& program = {}) {
  HostProcess process({arguments, {{"LAYERCODE_WEBHOOK_SECRET", test_secret}}, {}, program});
  const int code = process.wait();
  return {code, process.output() + process.log()};
}
bool says(const Told& told, const std::string& part) {
  return told.words.find(part) != std::string::npos;
}

Webhook to_probe(std::string_view command, std::string_view conversation) {
  Webhook webhook;
  webhook.body = message(command, conversation);
  return webhook;
}

std::string shown_at(std::uint16_t port) {
  return Line::by_tls(port).certificate();
}

TEST_SUITE("tls") {
  TEST_CASE("a renewed certificate drops no stream, and one that is not good changes nothing") {
    const Place place;
    HostProcess host(host_at(place));
    const std::uint16_t port = host.port();
    CHECK(shown_at(port) == "CN = old");
    Line stream = Line::by_tls(port);
    stream.send(to_probe("never", "conv_long").request());
    CHECK(stream.read_head().status == 200);
    CHECK((*stream.next_event())["content"] == "waiting");

    place.put(throwaway_pair("new"));
    CHECK(host.logs_line({"certificate taken", "CN = new"}));
    CHECK(shown_at(port) == "CN = new");

    write_text(place.key, throwaway_pair("other").key);
    CHECK(host.logs_line({"certificate refused", "tls_key_mismatch", place.key}));
    CHECK(shown_at(port) == "CN = new");

    // Other files, by the configuration: first such as are not there.
    place.name(place.dir.of("none.pem"), place.key);
    CHECK(host.logs_line({"configuration refused", "none.pem"}));
    CHECK(shown_at(port) == "CN = new");
    const PemPair third = throwaway_pair("third");
    write_text(place.dir.of("third.pem"), third.certificate + third.key);
    place.name(place.dir.of("third.pem"), place.dir.of("third.pem"));
    CHECK(host.logs_line({"certificate taken", "CN = third"}));
    CHECK(shown_at(port) == "CN = third");

    // The stream from before all that still says how it ends.
    Line next = Line::by_tls(port);
    next.send(to_probe("say here", "conv_long").request());
    CHECK(next.read_answer().spoken() == "here");
    CHECK(ends_once(rest_of(stream)));

    next.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string metrics = next.read_answer().body;
    CHECK(metrics.find("\npatchbay_tls_certificate_expires_timestamp_seconds{} ") !=
          std::string::npos);
    CHECK(metrics.find("\npatchbay_tls_certificate_refusals_total{} ") != std::string::npos);
  }

  TEST_CASE("whoever believes the certificate may call, and nobody else unless he insists") {
    const Place place;
    HostProcess host(host_at(place));
    const std::string base = "https://localhost:" + std::to_string(host.port());
    CHECK(host.output().find("answers on https://127.0.0.1:") != std::string::npos);

    const Told curl =
        told_by({"-sS", "--cacert", place.certificate, base + "/livez"}, "/usr/bin/curl");
    CHECK(curl.code == 0);
    CHECK(says(curl, R"({"status":"ok"})"));
    const Told call = told_by({"call", base, "--ca", place.certificate, "--say", "say hello"});
    CHECK(call.code == 0);
    CHECK(says(call, "hello"));
    const Told refused = told_by({"call", base, "--say", "say hello"});
    CHECK(refused.code == 1);
    CHECK(says(refused, "--ca"));
    CHECK_FALSE(says(refused, "agent> hello"));
    CHECK(told_by({"call", base, "--insecure", "--say", "say hello"}).code == 0);
    const Told no_file = told_by({"call", base, "--ca", "/nowhere.pem", "--say", "say hello"});
    CHECK(no_file.code == 1);
    CHECK(says(no_file, "/nowhere.pem"));

    const Answer plain = get(host.port(), "/livez");
    CHECK(plain.status == 400);
    CHECK(Json::parse(plain.body)["error"]["code"] == "tls_wanted");
  }

  TEST_CASE("a host does not start with a pair that is not good, and says what is wrong with it") {
    const Place place;
    write_text(place.key, throwaway_pair("other").key);
    const Told mismatch = told_by(host_at(place).arguments);
    CHECK(mismatch.code == 1);
    CHECK(says(mismatch, place.key));
    CHECK(says(mismatch, place.certificate));
    const Told check = told_by({"config", "check", place.config, "--secrets"});
    CHECK(check.code == 1);
    CHECK(says(check, place.key));
    const Told half = told_by({"serve", "--tls-cert", place.certificate});
    CHECK(half.code == 2);
    CHECK(says(half, "--tls-key"));
  }

  TEST_CASE("a certificate that has expired is served, with a warning") {
    const Place place(throwaway_pair("old", 60));
    HostProcess host(host_at(place));
    CHECK(shown_at(host.port()) == "CN = old");
    CHECK(host.logs_line({"the certificate has expired", place.certificate}));
  }
}

}  // namespace
}  // namespace patchbay::test

// SPDX-License-Identifier: MIT
#include "flow/certificate.h"

#include <doctest/doctest.h>

#include "support/temp_dir.h"
#include "support/throwaway_certificate.h"

namespace patchbay {
namespace {

struct Desk {
  test::TempDir place;
  TlsFiles files{place.of("cert.pem"), place.of("key.pem")};
  Metrics metrics;
  Log log{LogLevel::off, LogFormat::text};
  std::unique_ptr<Certificate> certificate;

  explicit Desk(const test::PemPair& pair = test::throwaway_pair("old")) {
    put(pair);
    auto read = Certificate::read(files);
    REQUIRE(read);
    certificate = std::make_unique<Certificate>(*std::move(read), metrics, log);
  }
  void put(const test::PemPair& pair) const {
    test::write_text(files.certificate, pair.certificate);
    test::write_text(files.key, pair.key);
  }
  [[nodiscard]] std::string shown() const { return certificate->identity()->current()->subject(); }
  [[nodiscard]] bool counts(const std::string& line) const {
    return metrics.text().find(line + "\n") != std::string::npos;
  }
};

TEST_SUITE("certificate") {
  TEST_CASE("a new pair in the same files is shown to whoever comes next") {
    Desk desk;
    CHECK(desk.shown() == "CN = old");
    desk.put(test::throwaway_pair("new"));
    CHECK_FALSE(desk.certificate->look_again());
    CHECK(desk.shown() == "CN = new");
  }

  TEST_CASE("a pair that is not good is refused and counted, and the old one stays") {
    Desk desk;
    test::write_text(desk.files.certificate, test::throwaway_pair("new").certificate);
    const Problem refused = desk.certificate->look_again();
    REQUIRE(refused);
    CHECK(refused->code == "tls_key_mismatch");
    CHECK(desk.shown() == "CN = old");
    CHECK(desk.counts("patchbay_tls_certificate_refusals_total{} 1"));
  }

  TEST_CASE("files that say what they said change nothing, so that tickets stay good") {
    const Desk desk;
    const auto before = desk.certificate->identity()->current();
    CHECK_FALSE(desk.certificate->look_again());
    CHECK(desk.certificate->identity()->current() == before);
  }

  TEST_CASE("a configuration may name other files, and those are looked at from then on") {
    const Desk desk;
    const TlsFiles others{desk.place.of("other.pem"), desk.place.of("other.key")};
    const test::PemPair pair = test::throwaway_pair("other");
    test::write_text(others.certificate, pair.certificate);
    test::write_text(others.key, pair.key);
    auto read = Certificate::read(others);
    REQUIRE(read);
    CHECK(desk.shown() == "CN = old");
    desk.certificate->take(*std::move(read));
    CHECK(desk.shown() == "CN = other");
    CHECK(desk.certificate->is_of(others.key));
    CHECK_FALSE(desk.certificate->is_of(desk.files.key));
  }

  TEST_CASE("until when it is good is a number, also where that is over") {
    const Desk desk(test::throwaway_pair("old", 1));
    const auto expires =
        desk.certificate->identity()->current()->expires().time_since_epoch().count();
    CHECK(desk.counts("patchbay_tls_certificate_expires_timestamp_seconds{} " +
                      std::to_string(expires)));
    CHECK(expires < unix_now().time_since_epoch().count());
  }
}

}  // namespace
}  // namespace patchbay

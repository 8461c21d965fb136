// SPDX-License-Identifier: MIT
#include "machine/tls_context.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/temp_dir.h"
#include "support/throwaway_certificate.h"

namespace patchbay {
namespace {

using test::PemPair;
using test::throwaway_pair;

// Two files, and what comes of them.
struct Files {
  test::TempDir place;
  std::string certificate = place.of("cert.pem");
  std::string key = place.of("key.pem");

  explicit Files(const PemPair& pair = throwaway_pair()) {
    test::write_text(certificate, pair.certificate);
    test::write_text(key, pair.key);
  }
  [[nodiscard]] Error refusal() const {
    const auto loaded = TlsContext::load(certificate, key);
    REQUIRE_FALSE(loaded);
    return loaded.error();
  }
};

bool says(const Error& error, const std::string& part) {
  return error.message.find(part) != std::string::npos;
}

TEST_SUITE("tls_context") {
  TEST_CASE("a certificate and its key are one, and say whose and until when") {
    const Files files(throwaway_pair("voice.example", 3600));
    const auto loaded = TlsContext::load(files.certificate, files.key);
    REQUIRE(loaded);
    CHECK((*loaded)->subject() == "CN = voice.example");
    const auto left = (*loaded)->expires() - unix_now();
    CHECK(left <= Seconds(0));
    CHECK(left > Seconds(-60));
  }

  TEST_CASE("both may stand in one file, in either order") {
    const PemPair pair = throwaway_pair();
    const Files files({pair.key + pair.certificate, pair.certificate + pair.key});
    CHECK(TlsContext::load(files.certificate, files.key));
  }

  TEST_CASE("the same text is the same pair, and another is another") {
    const Files files;
    const Files others;
    const auto once = TlsContext::load(files.certificate, files.key);
    const auto again = TlsContext::load(files.certificate, files.key);
    const auto other = TlsContext::load(others.certificate, others.key);
    REQUIRE((once && again && other));
    CHECK((*once)->is_same_as(**again));
    CHECK_FALSE((*once)->is_same_as(**other));
  }

  TEST_CASE("a file that is missing is named, the certificate's or the key's") {
    Files files;
    files.key = files.place.of("nowhere.pem");
    CHECK(files.refusal().code == "file_unreadable");
    CHECK(says(files.refusal(), files.key));
    files.certificate = files.place.of("neither.pem");
    CHECK(says(files.refusal(), files.certificate));
  }

  TEST_CASE("a file without a certificate, or without a key, is named") {
    const PemPair pair = throwaway_pair();
    SUBCASE("the key in place of the certificate") {
      const Files files({pair.key, pair.key});
      CHECK(files.refusal().code == "no_certificate");
      CHECK(says(files.refusal(), files.certificate));
    }
    SUBCASE("the certificate in place of the key") {
      const Files files({pair.certificate, pair.certificate});
      CHECK(files.refusal().code == "bad_tls_key");
      CHECK(says(files.refusal(), files.key));
    }
    SUBCASE("no PEM at all") {
      const Files files({"", "\x30\x82"});
      CHECK(files.refusal().code == "no_certificate");
    }
  }

  TEST_CASE("the line of a certificate that is broken is named, wherever it stands in the chain") {
    PemPair pair = throwaway_pair();
    std::string broken = throwaway_pair().certificate;
    broken.replace(broken.find("MII"), 3, "AII");
    const auto lines = std::count(pair.certificate.begin(), pair.certificate.end(), '\n');
    pair.certificate = "a remark\n" + pair.certificate + broken;
    const Files files(pair);
    CHECK(files.refusal().code == "bad_certificate");
    CHECK(says(files.refusal(), files.certificate + ":" + std::to_string(lines + 2) + ":"));
  }

  TEST_CASE("the key of another certificate is refused, and both files are named") {
    const Files files({throwaway_pair().certificate, throwaway_pair().key});
    CHECK(files.refusal().code == "tls_key_mismatch");
    CHECK(says(files.refusal(), files.certificate));
    CHECK(says(files.refusal(), files.key));
  }

  TEST_CASE("a key that wants a passphrase is refused, and nobody is asked for it") {
    const PemPair pair = throwaway_pair();
    BIO* const plain = BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size()));
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(plain, nullptr, nullptr, nullptr);
    BIO* const text = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(text, key, EVP_aes_128_cbc(), nullptr, 0, nullptr,
                             const_cast<char*>("secret"));
    const Files files({pair.certificate, test::text_of(text)});
    EVP_PKEY_free(key);
    BIO_free(plain);
    CHECK(files.refusal().code == "bad_tls_key");
    CHECK(says(files.refusal(), "passphrase"));
  }
}

}  // namespace
}  // namespace patchbay

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <cstring>
#include <memory>

#include "host/base/assert.hpp"
#include "host/base/digest.hpp"
#include "host/plugins/abi/span.hpp"
#include "host/plugins/services/services.hpp"

namespace gantry::plugins::services {
namespace {

template <auto Free>
struct Release {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using MdContext = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, Release<EVP_MAC_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;

constexpr std::size_t kCoordinate = 32;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* md_of(std::int32_t hash) {
  switch (hash) {
    case GANTRY_HASH_SHA1:
      return EVP_sha1();
    case GANTRY_HASH_SHA256:
      return EVP_sha256();
    default:
      return nullptr;
  }
}

/// A keyless HMAC context per hash: copying it skips OpenSSL's look-up of the digest by name, which
/// costs more than the digest of a small body.
EVP_MAC_CTX* mac_prototype(std::int32_t hash) {
  const auto make = [](const char* digest) {
    EVP_MAC* const mac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
    EVP_MAC_CTX* const context = EVP_MAC_CTX_new(mac);
    std::string name(digest);
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name.data(), name.size()),
        OSSL_PARAM_construct_end()};
    GANTRY_ASSERT(mac != nullptr && context != nullptr &&
                  EVP_MAC_CTX_set_params(context, params) == 1);
    return context;
  };
  static EVP_MAC_CTX* const sha1 = make("SHA1");
  static EVP_MAC_CTX* const sha256 = make("SHA256");
  return hash == GANTRY_HASH_SHA1 ? sha1 : sha256;
}

gantry_status digest(const gantry_host* host, std::int32_t hash, const gantry_span* parts,
                     std::uint64_t part_count, gantry_buffer* out) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const EVP_MD* const md = md_of(hash);
    if (md == nullptr) return GANTRY_UNSUPPORTED;
    if (parts == nullptr && part_count > 0) return GANTRY_BUG;
    const MdContext context(EVP_MD_CTX_new());
    if (!context || EVP_DigestInit_ex(context.get(), md, nullptr) != 1) return GANTRY_BUG;
    for (std::uint64_t i = 0; i < part_count; ++i) {
      const auto part = abi::view_of(parts[i]);
      if (!part || EVP_DigestUpdate(context.get(), part->data(), part->size()) != 1) {
        return GANTRY_BUG;
      }
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    unsigned int size = 0;
    if (EVP_DigestFinal_ex(context.get(), raw.data(), &size) != 1) return GANTRY_BUG;
    return abi::fill(out, {reinterpret_cast<const char*>(raw.data()), size});
  });
}

gantry_status hmac(const gantry_host* host, std::int32_t hash, gantry_span key,
                   const gantry_span* parts, std::uint64_t part_count,
                   gantry_buffer* out) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    if (md_of(hash) == nullptr) return GANTRY_UNSUPPORTED;
    const auto secret = abi::view_of(key);
    if (!secret || (parts == nullptr && part_count > 0)) return GANTRY_BUG;
    if (secret->empty()) return GANTRY_CONFIG;
    const MacContext context(EVP_MAC_CTX_dup(mac_prototype(hash)));
    if (!context || EVP_MAC_init(context.get(), bytes(*secret), secret->size(), nullptr) != 1) {
      return GANTRY_BUG;
    }
    for (std::uint64_t i = 0; i < part_count; ++i) {
      const auto part = abi::view_of(parts[i]);
      if (!part || EVP_MAC_update(context.get(), bytes(*part), part->size()) != 1) {
        return GANTRY_BUG;
      }
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
    std::size_t size = 0;
    if (EVP_MAC_final(context.get(), raw.data(), &size, raw.size()) != 1) return GANTRY_BUG;
    return abi::fill(out, {reinterpret_cast<const char*>(raw.data()), size});
  });
}

std::int32_t equal(const gantry_host*, gantry_span left, gantry_span right) noexcept {
  const auto a = abi::view_of(left);
  const auto b = abi::view_of(right);
  return a && b && constant_time_equal(*a, *b) ? 1 : 0;
}

Key public_key(std::string_view x, std::string_view y) {
  std::string point("\x04", 1);  // uncompressed, SEC 1 section 2.3.3
  point.append(x).append(y);
  std::string group = "prime256v1";
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return nullptr;  // not a point of the curve
  }
  return Key(key);
}

gantry_status verify_es256(const gantry_host* host, gantry_span x, gantry_span y,
                           gantry_span message, gantry_span signature) noexcept {
  return at_edge(host, [&]() -> gantry_status {
    const auto px = abi::view_of(x);
    const auto py = abi::view_of(y);
    const auto text = abi::view_of(message);
    const auto raw = abi::view_of(signature);
    if (!px || !py || !text || !raw || px->size() != kCoordinate || py->size() != kCoordinate ||
        raw->size() != 2 * kCoordinate) {
      return GANTRY_DATA;
    }
    const Key key = public_key(*px, *py);
    const Signature pair(ECDSA_SIG_new());
    if (!key || !pair) return GANTRY_DATA;
    BIGNUM* const r = BN_bin2bn(bytes(*raw), kCoordinate, nullptr);
    BIGNUM* const s = BN_bin2bn(bytes(*raw) + kCoordinate, kCoordinate, nullptr);
    GANTRY_ASSERT(ECDSA_SIG_set0(pair.get(), r, s) == 1);  // takes both
    std::array<unsigned char, 80> der{};                   // 72 bytes at most for this curve
    unsigned char* end = der.data();
    const int size = i2d_ECDSA_SIG(pair.get(), &end);
    const MdContext context(EVP_MD_CTX_new());
    if (size <= 0 || !context ||
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1 ||
        EVP_DigestVerify(context.get(), der.data(), static_cast<std::size_t>(size), bytes(*text),
                         text->size()) != 1) {
      return GANTRY_DATA;
    }
    return GANTRY_OK;
  });
}

}  // namespace

const gantry_crypto& crypto() {
  static const gantry_crypto service{sizeof(gantry_crypto), 0, digest, hmac, equal, verify_es256};
  return service;
}

}  // namespace gantry::plugins::services

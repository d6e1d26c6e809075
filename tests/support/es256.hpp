#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gantry::test {

/// JWS ES256 with OpenSSL: a key pair of the test, and the check for World::es256. Link
/// OpenSSL::Crypto.

namespace detail {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using PKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;

inline const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace detail

class Es256Key {
 public:
  Es256Key() : key_(EVP_EC_gen("P-256")) {
    std::string point(65, '\0');
    std::size_t size = 0;
    EVP_PKEY_get_octet_string_param(key_.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                    reinterpret_cast<unsigned char*>(point.data()), point.size(),
                                    &size);
    if (size != 65) throw std::runtime_error("OpenSSL gave no uncompressed point");
    x_ = point.substr(1, 32);
    y_ = point.substr(33);
  }

  const std::string& x() const { return x_; }
  const std::string& y() const { return y_; }

  /// 64 bytes r||s; two signatures of one message differ.
  std::string sign(std::string_view message) const {
    const detail::MdContext context(EVP_MD_CTX_new());
    std::string der(80, '\0');
    std::size_t size = der.size();
    EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get());
    if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &size,
                       detail::bytes(message), message.size()) != 1) {
      throw std::runtime_error("OpenSSL did not sign");
    }
    const unsigned char* at = detail::bytes(der);
    const detail::Signature pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
    std::string raw(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32);
    return raw;
  }

 private:
  detail::PKey key_;
  std::string x_, y_;
};

inline bool verify_es256(std::string_view x, std::string_view y, std::string_view message,
                         std::string_view signature) {
  if (x.size() != 32 || y.size() != 32 || signature.size() != 64) return false;
  std::string point = "\x04" + std::string(x) + std::string(y);
  OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, const_cast<char*>("P-256"), 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
      OSSL_PARAM_construct_end()};
  const detail::KeyContext maker(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* made = nullptr;
  if (EVP_PKEY_fromdata_init(maker.get()) != 1 ||
      EVP_PKEY_fromdata(maker.get(), &made, EVP_PKEY_PUBLIC_KEY, params) != 1) {
    return false;  // Not a point of the curve.
  }
  const detail::PKey key(made);
  const detail::Signature pair(ECDSA_SIG_new());
  ECDSA_SIG_set0(pair.get(), BN_bin2bn(detail::bytes(signature), 32, nullptr),
                 BN_bin2bn(detail::bytes(signature) + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  const std::string encoded(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  const detail::MdContext context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), detail::bytes(encoded), encoded.size(),
                          detail::bytes(message), message.size()) == 1;
}

}  // namespace gantry::test

#pragma once

#include <string>

#include <nlohmann/json.hpp>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "crypto/base64.h"
#include "support/certificates.h"

namespace cairn::identity::test {

inline std::string base64url(Bytes bytes) {
    std::string text = crypto::base64_encode(bytes);
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    while (text.ends_with('=')) text.pop_back();
    return text;
}

inline ByteVector number_of(const cairn::test::KeyPair& key, const char* name) {
    BIGNUM* number = nullptr;
    EVP_PKEY_get_bn_param(key.get(), name, &number);
    ByteVector bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, bytes.data());
    BN_free(number);
    return bytes;
}

inline nlohmann::json rsa_jwk(const cairn::test::KeyPair& key, const std::string& id) {
    return {
        {"kty", "RSA"},
        {"use", "sig"},
        {"alg", "RS256"},
        {"kid", id},
        {"n", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_N))},
        {"e", base64url(number_of(key, OSSL_PKEY_PARAM_RSA_E))}};
}

inline ByteVector sign(const cairn::test::KeyPair& key, const std::string& text) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key.get());
    const Bytes bytes = as_bytes(text);
    std::size_t size = 0;
    EVP_DigestSign(context, nullptr, &size, bytes.data(), bytes.size());
    ByteVector signature(size);
    EVP_DigestSign(context, signature.data(), &size, bytes.data(), bytes.size());
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return signature;
}

inline std::string signed_input(const nlohmann::json& header, const nlohmann::json& claims) {
    return base64url(as_bytes(header.dump())) + '.' + base64url(as_bytes(claims.dump()));
}

}  // namespace cairn::identity::test

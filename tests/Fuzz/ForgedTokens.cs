using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ShopSaga.Fuzz;

/// <summary>
/// Forged tokens, made from the attacker's own valid token, the public keys and the attacker's own keys. All of them must be rejected.
/// </summary>
internal static class ForgedTokens
{
    private static readonly ECDsa OwnEcdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly RSA OwnRsa = RSA.Create(2048);

    /// <summary>A forged value of the header Authorization.</summary>
    public static string Any(World world, Random random)
    {
        var (header, claims, signature) = world.Attacker.Token.Split('.') is [var first, var second, var third]
            ? (Json(first), Json(second), third)
            : throw new InvalidOperationException("no token");
        var (promoted, other) = (With(claims, "role", "admin"), With(claims, "sub", $"{world.Victim.Id}"));
        var wanted = random.Next(2) == 0 ? promoted : With(other, "role", "admin");
        var valid = world.Attacker.Token;
        return random.Next(32) switch
        {
            0 => Bearer(With(header, "alg", random.Pick(["none", "None", "nOnE", "NONE"])), wanted, ""),
            1 => Bearer(With(header, "alg", "none"), wanted, signature),
            2 =>
                Signed(
                    With(header, "alg", random.Pick(["HS256", "HS384", "HS512"])),
                    wanted,
                    text => HMACSHA256.HashData(KeyMaterial(world, random), text)),
            3 => Signed(header, wanted, text => HMACSHA256.HashData(KeyMaterial(world, random), text)),
            4 => Signed(header, wanted, Own),
            5 => Signed(With(header, "kid", random.Pick(HostileValues.Texts)), wanted, Own),
            6 => Signed(Without(header, "kid"), wanted, Own),
            7 => Signed(With(Without(header, "kid"), "jwk", OwnJwk()), wanted, Own),
            8 => Signed(With(With(header, "jku", "http://127.0.0.1:1/jwks.json"), "kid", "own"), wanted, Own),
            9 => Signed(With(With(header, "x5u", "http://127.0.0.1:1/cert.pem"), "x5c", new JsonArray("MIIB")), wanted, Own),
            10 =>
                Signed(
                    With(header, "alg", "RS256"),
                    wanted,
                    text => OwnRsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            11 => Signed(With(header, "alg", random.Pick(["ES384", "ES512", "PS256", "EdDSA", "dir", ""])), wanted, Own),
            12 => Bearer(header, wanted, signature),
            13 => Bearer(header, other, signature),
            14 => Bearer(header, wanted, ""),
            15 => Bearer(header, wanted, Base64Url.EncodeToString(new byte[64])),
            16 => Bearer(header, claims, Base64Url.EncodeToString(Enumerable.Repeat((byte)0xff, 64).ToArray())),
            17 => Bearer(header, claims, signature[..^4]),
            18 => Bearer(header, claims, signature + "AAAA"),
            19 => Signed(header, wanted, text => OwnEcdsa.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)),
            20 => Signed(header, With(claims, "exp", 1), Own),
            21 => Signed(header, With(claims, "iss", "http://somebody.else"), Own),
            22 => Signed(header, With(claims, "aud", new JsonArray("other", "shopsaga")), Own),
            23 => "Bearer " + world.Attacker.RefreshToken,
            24 => "Bearer " + string.Join('.', Enumerable.Repeat("AAAA", random.Next(1, 12))),
            25 => "Bearer " + new string('a', random.Next(1, 7_000)),
            26 => "Bearer " + Uri.EscapeDataString(random.Pick(HostileValues.Texts)),
            27 => "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{world.Victim.Email}:x")),
            28 => random.Pick(["Bearer", "Bearer ", "bearer", "Token x", "Negotiate x", "Digest x"]),
            29 => $"Bearer {valid[..(valid.Length / 2)]}",
            30 => Bearer(With(With(header, "b64", false), "crit", new JsonArray("b64")), wanted, signature),
            _ => $"Bearer {Base64Url.EncodeToString("{\"alg\":\"ES256\",\"alg\":\"none\"}"u8)}.{Encode(wanted)}.",
        };
    }

    /// <summary>The public key in the encodings in which a verifier might mistake it for an HMAC secret.</summary>
    private static byte[] KeyMaterial(World world, Random random)
    {
        var key = JsonNode.Parse(world.Jwks)!["keys"]![0]!;
        var (x, y) = (Base64Url.DecodeFromChars(key["x"]!.GetValue<string>()), Base64Url.DecodeFromChars(key["y"]!.GetValue<string>()));
        using var ecdsa = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = new ECPoint { X = x, Y = y } });
        return random.Next(6) switch
        {
            0 => x,
            1 => [4, .. x, .. y],
            2 => ecdsa.ExportSubjectPublicKeyInfo(),
            3 => Encoding.ASCII.GetBytes(ecdsa.ExportSubjectPublicKeyInfoPem()),
            4 => Encoding.UTF8.GetBytes(world.Jwks),
            _ => [0],
        };
    }

    private static byte[] Own(byte[] text) => OwnEcdsa.SignData(text, HashAlgorithmName.SHA256);

    private static JsonObject OwnJwk()
    {
        var point = OwnEcdsa.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = Base64Url.EncodeToString(point.X),
            ["y"] = Base64Url.EncodeToString(point.Y),
        };
    }

    private static string Signed(JsonObject header, JsonObject claims, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(header)}.{Encode(claims)}";
        return $"Bearer {text}.{Base64Url.EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    private static string Bearer(JsonObject header, JsonObject claims, string signature) =>
        $"Bearer {Encode(header)}.{Encode(claims)}.{signature}";

    private static JsonObject Json(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part))!.AsObject();

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(part));

    private static JsonObject With(JsonObject part, string name, JsonNode value)
    {
        var copy = part.DeepClone().AsObject();
        copy[name] = value;
        return copy;
    }

    private static JsonObject Without(JsonObject part, string name)
    {
        var copy = part.DeepClone().AsObject();
        copy.Remove(name);
        return copy;
    }
}

namespace ShopSaga.Fuzz;

/// <summary>Values that careless and hostile clients send.</summary>
internal static class HostileValues
{
    /// <summary>The start of a forged log line.</summary>
    public const string ForgedLine = "FORGED-ENTRY";

    public const string InjectedHeader = "X-Injected";

    public static readonly string[] Texts =
    [
        "", " ", "\t", "\u00a0", "\u200b", "\0", "a\0b", "\u0001\u001b[31m", "\u202e", "\ufeff", "\uffff", "é", "e\u0301", "İstanbul", "ﬀ",
        "ß", "한국어",
        "🦄", "👨‍👩‍👧‍👦", Repeat("🦄", 100), Repeat("🦄", 201), Repeat("a", 200), Repeat("a", 201), Repeat("a", 256),
        Repeat("a", 10_000), Repeat("\"", 300), "\\", "'", "\"",
        "' OR '1'='1", "'; DROP TABLE orders; --", "1); SELECT pg_sleep(10); --", "%", "_", "*", "%%", "\\%", "$1", "@userId", ":id", "{0}",
        "{user}", "{{7*7}}",
        "${jndi:ldap://127.0.0.1/x}", "$(id)", "`id`", "| id", "; id", "<script>alert(1)</script>",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
        "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "file:///etc/passwd", "http://127.0.0.1:1/", "=cmd|' /C calc'!A0", "%s%n%x",
        "%00", "%0d%0a", "+",
        $"\r\n{InjectedHeader}: yes", $"%0d%0a{InjectedHeader}:%20yes", $"\n{InjectedHeader}: yes\n\n<b>", $"\r\n{ForgedLine} all is well",
        $"\u2028{ForgedLine}", $"\u0085{ForgedLine}",
        "null", "undefined", "true", "NaN", "Infinity", "-1", "0", "00", "-0", "+1", "1.0", "1.5", "1e3", "1E400", "0x10", "１", "٣",
        "2147483647", "2147483648", "-2147483648",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999", "1,000", "1 ", " 1",
        "2025-02-29", "2024-02-29", "2025-13-01", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2025-1-1",
        "2025-01-31T00:00:00Z", "31.01.2025", "2025-00", "0001-01", "9999-12", "2025-13",
        "a@b", "A@EXAMPLE.COM", "a@b@c.example", "\"a b\"@example.com", "a@[127.0.0.1]",
        Repeat("a", 64) + "@" + Repeat("b", 250) + ".example", "PENDING", "pending", "CONFIRMED ", "admin", "AAAAAAAAAAA", "//////////8",
        "AAAAAAAAAAAA",
    ];

    /// <summary>JSON values as text.</summary>
    public static readonly string[] Json =
    [
        "null", "true", "false", "0", "-0", "1", "-1", "1.0", "1.5", "1e2", "1E400", "-1e400", "0.1e1", "2147483647", "2147483648",
        "-2147483648", "-2147483649",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "123456789012345678901234567890",
        "1001", "1000", "100", "101",
        "[]", "[null]", "[[]]", "[1,2,3]", "{}", "{\"a\":1}", "{\"$type\":\"System.Object\"}", "{\"__proto__\":{\"role\":\"admin\"}}",
        "\"\"", "\"1\"", "\"5\"", "\"CARD\"", "\"card\"",
        "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\u0000\"", "\"\\r\\nX-Injected: yes\"", $"\"\\n{ForgedLine}\"",
        $"[{string.Join(',', Enumerable.Repeat("{\"productId\":1,\"quantity\":1}", 101))}]",
        $"[{string.Join(',', Enumerable.Repeat("{\"productId\":1,\"quantity\":1000}", 100))}]",
        "[{\"productId\":1}]", "[{\"productId\":9223372036854775807,\"quantity\":1}]", "[{\"productId\":1,\"quantity\":0}]",
        "[{\"productId\":null,\"quantity\":null}]",
        Repeat("[", 40) + Repeat("]", 40), Repeat("{\"a\":", 70) + "1" + Repeat("}", 70),
    ];

    /// <summary>Bodies that are not, or almost, JSON.</summary>
    public static readonly byte[][] Bodies =
    [
        [], [0], [0xff, 0xfe], [0xef, 0xbb, 0xbf, (byte)'{', (byte)'}'], [0xc0, 0x80],
        [(byte)'{', (byte)'"', 0xed, 0xa0, 0x80, (byte)'"', (byte)':', (byte)'1', (byte)'}'], [(byte)'"', 0xf5, (byte)'"'],
        .. new[]
        {
            "null", "1", "\"text\"", "[]", "[1]", "true", "{", "}", "{]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "{a:1}", "{'a':1}",
            "{\"a\":NaN}", "{\"a\":01}", "{\"a\":1}{\"b\":2}",
            "{\"a\":1} x", "/* comment */ {}", "// comment\n{}", "{\"\":1}", "{\"\\ud800\":1}", "{\"a\":1,\"a\":2}", "{\"a\":\"\u0001\"}",
            "{\"a\":\"\n\"}", "email=a&password=b", "<a/>",
            "undefined", Repeat("[", 30_000), Repeat("{\"a\":", 10_000), Repeat(" ", 60_000) + "{}",
            $"{{{string.Join(',', Enumerable.Range(0, 5_000).Select(i => $"\"{i}\":1"))}}}", "{\"a\":1" + Repeat("0", 50_000) + "}",
            "{\"a\":\"" + Repeat("\\u0000", 10_000) + "\"}",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
    ];

    public static readonly string[] ContentTypes =
    [
        "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
        "application/json; charset=utf-16", "application/jsonp", "text/json5", "json", "*/*", ";", "/",
        "application/json; charset=\"", "application/octet-stream", "application/json, text/plain",
    ];

    public static T Pick<T>(this Random random, IReadOnlyList<T> among) => among[random.Next(among.Count)];

    private static string Repeat(string text, int times) => string.Concat(Enumerable.Repeat(text, times));
}

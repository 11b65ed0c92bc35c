using System.Globalization;
using System.Text;

namespace ShopSaga.Hosting.Text;

/// <summary>
/// The one definition of when two spellings are the same e-mail address. Users keys accounts by it, and the gateway counts log-ins by it: a
/// spelling that one of them took for another address would get an account, or a quota, of its own.
/// </summary>
public static class EmailIdentity
{
    private const int LongS = 0x17F;
    private static readonly IdnMapping Idn = new() { AllowUnassigned = true };

    /// <summary>
    /// The canonical spelling of an address: without case by the rules of Unicode, not of a culture; normalized (NFC); its domain in ASCII
    /// (Punycode, RFC 5891). Applied to its own result it changes nothing.
    /// </summary>
    public static string Of(string address)
    {
        // Folding between decomposition and composition makes canonically equivalent texts equal without case (The Unicode Standard, D145).
        var decomposed = CanonicalForm.Decompose(address);
        var folded = new StringBuilder(decomposed.Length);
        foreach (var rune in decomposed.EnumerateRunes())
        {
            // The platform leaves the long s alone, because its capital letter is in ASCII; Unicode folds it.
            folded.Append(rune.Value == LongS ? new Rune('s') : Rune.ToLowerInvariant(Rune.ToUpperInvariant(rune)));
        }

        var canonical = CanonicalForm.Compose(folded.ToString());
        var at = canonical.LastIndexOf('@');
        return at < 0 ? canonical : canonical[..(at + 1)] + ToAscii(canonical[(at + 1)..]);
    }

    private static string ToAscii(string domain)
    {
        try
        {
            return Ascii.IsValid(domain) ? domain : Idn.GetAscii(domain);
        }
        catch (ArgumentException)
        {
            // No host name, such as a label of more than 63 characters: its own spelling identifies it.
            return domain;
        }
    }
}

namespace ShopSaga.Web.Shared;

/// <summary>
/// The texts of all pages. Sentences stand in English where they are used, and are their own names in <c>Texts.ko.resx</c>; words that
/// stand for codes (<c>status.PENDING</c>) are in <c>Texts.resx</c> as well.
/// </summary>
public sealed class Texts;

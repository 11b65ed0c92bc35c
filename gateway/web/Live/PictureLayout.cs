namespace ShopSaga.Web.Live;

/// <summary>A service in the picture.</summary>
internal sealed record Box(string Service, int X, int Y, int Height);

/// <summary>An arrow in the picture; all of them are horizontal.</summary>
internal sealed record Line(Arrow Arrow, int X1, int X2, int Y)
{
    public int Middle => (X1 + X2) / 2;
}

/// <summary>
/// Places services and arrows: the services stand side by side, each pair of neighbours has its arrows one below the other, and those that
/// skip a service pass below it.
/// </summary>
internal static class PictureLayout
{
    public const int BoxWidth = 150;
    private const int Gap = 220;
    private const int Top = 10;
    private const int FirstLine = Top + 78;
    private const int Step = 38;

    public static IReadOnlyList<Line> Lines { get; } = [.. Place()];

    public static IReadOnlyList<Box> Boxes { get; } =
    [
        .. Choreography.Services.Select(service => new Box(
            service,
            X(service),
            Top,
            Lines.Where(line => line.Arrow.From == service || line.Arrow.To == service).Max(line => line.Y) + 28 - Top)),
    ];

    public static int Width { get; } = X(Choreography.Services[^1]) + BoxWidth + 2;

    public static int Height { get; } = Boxes.Max(box => box.Y + box.Height) + Top;

    private static IEnumerable<Line> Place()
    {
        var below = FirstLine;
        foreach (var pair in Choreography.Arrows.GroupBy(Pair).OrderBy(pair => pair.Key.Last - pair.Key.First))
        {
            var isNext = pair.Key.Last - pair.Key.First == 1;
            var y = isNext ? FirstLine : below + Step + 22;
            foreach (var arrow in pair)
            {
                var isRightwards = Index(arrow.From) < Index(arrow.To);
                var (left, right) = (X(Choreography.Services[pair.Key.First]) + BoxWidth, X(Choreography.Services[pair.Key.Last]));
                yield return isRightwards ? new Line(arrow, left, right, y) : new Line(arrow, right, left, y);
                y += Step;
            }

            below = Math.Max(below, y - Step + 10);
        }
    }

    private static (int First, int Last) Pair(Arrow arrow) =>
        (Math.Min(Index(arrow.From), Index(arrow.To)), Math.Max(Index(arrow.From), Index(arrow.To)));

    private static int Index(string service) => Choreography.Services.ToList().IndexOf(service);

    private static int X(string service) => 1 + (Index(service) * (BoxWidth + Gap));
}

namespace ShopSaga.Bus.Testing;

internal static class Marker;

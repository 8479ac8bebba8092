namespace Whorl.Tests;

/// <summary>The built-in model, loaded once.</summary>
public sealed class BardFixture : IAsyncLifetime
{
    public LanguageModel Model { get; private set; } = null!;

    public async Task InitializeAsync() => Model = await LanguageModel.LoadAsync("bard", new ModelOptions { Threads = 2 });

    public async Task DisposeAsync() => await Model.DisposeAsync();
}

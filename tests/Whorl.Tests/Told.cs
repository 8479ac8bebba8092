namespace Whorl.Tests;

/// <summary>Progress that is told where it is reported.</summary>
internal sealed class Told<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}

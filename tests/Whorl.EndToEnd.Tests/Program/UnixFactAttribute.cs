namespace Whorl.EndToEnd.Tests.Program;

/// <summary>A test that sends signals.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixFactAttribute : FactAttribute
{
    public UnixFactAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no signals" : null;
}

namespace Whorl.EndToEnd.Tests.Program;

/// <summary>A test with cases that sends signals.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class UnixTheoryAttribute : TheoryAttribute
{
    public UnixTheoryAttribute() => Skip = OperatingSystem.IsWindows() ? "Windows has no signals" : null;
}

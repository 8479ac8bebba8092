namespace Whorl.Models.Tests;

/// <summary>A theory with files of gigabytes that are nearly all holes; skipped where the system would write the holes.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SparseFileTheoryAttribute : TheoryAttribute
{
    public SparseFileTheoryAttribute()
    {
        if (OperatingSystem.IsWindows())
        {
            Skip = "Windows writes the holes of a file";
        }
    }
}

! SPDX-License-Identifier: MIT
! want: ret 64 1 0 0 0 0 0 0
! A job in Fortran: a temperature along a rod that is heated evenly, by conjugate
! gradients. ret: turns, whether it is what a formula says, otherwise by how much it is
! not, in millionths.
module services_block
    use, intrinsic :: iso_c_binding
    implicit none
    ! include/abi/job.h: struct job_services, its beginning
    type, bind(c) :: services
        integer(c_int32_t) :: abi_version, stop
        integer(c_int64_t) :: tsc_khz, arg(4), ret(8)
    end type
end module

module rod
    use, intrinsic :: iso_c_binding
    implicit none
    integer, parameter :: n = 127
    real(c_double), save :: x(n), r(n), p(n), ap(n)
contains
    ! The matrix has 2 on its diagonal, -1 beside it.
    subroutine multiply(from, to)
        real(c_double), intent(in) :: from(n)
        real(c_double), intent(out) :: to(n)

        to = 2 * from
        to(2:n) = to(2:n) - from(1:n - 1)
        to(1:n - 1) = to(1:n - 1) - from(2:n)
    end subroutine

    function solve() result(turns)
        integer(c_int64_t) :: turns
        real(c_double) :: old, now, a

        x = 0
        r = 1
        p = r
        old = dot_product(r, r)
        turns = 0
        do while (sqrt(old) > 1d-9 .and. turns < 10 * n)
            call multiply(p, ap)
            a = old / dot_product(p, ap)
            x = x + a * p
            r = r - a * ap
            now = dot_product(r, r)
            p = r + now / old * p
            old = now
            turns = turns + 1
        end do
    end function

    ! The largest difference from i (n + 1 - i) / 2
    function difference()
        real(c_double) :: difference
        integer :: i

        difference = 0
        do i = 1, n
            difference = max(difference, abs(x(i) - i * (n + 1d0 - i) / 2))
        end do
    end function
end module

function job_main(s) bind(c) result(status)
    use services_block
    use rod
    implicit none
    type(services), intent(inout) :: s
    integer(c_int) :: status

    s%ret(1) = solve()
    s%ret(2) = merge(1, 0, difference() < 1d-6)
    s%ret(3) = int(1d6 * difference(), c_int64_t)
    status = 0
end function
